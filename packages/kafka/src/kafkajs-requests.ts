// Sends requests whose bytes are ours over kafkajs's connections, below its encoders, which copy every
// request twice into fresh zeroed memory. Buffers are used again: only one whose answer has arrived is
// free, since until then the socket may still read from it.

import { ByteWriter } from './byte-writer.ts'

/** What is used of a kafkajs connection. */
export interface Connection {
  isAuthenticated(): boolean
  authenticate(): Promise<void>
  /** Throws unless connected. */
  failIfNotConnected(): void
  nextCorrelationId(): number
  requestQueue: {
    push(request: {
      entry: {
        apiKey: number
        apiName: string
        apiVersion: number
        correlationId: number
        resolve: (answer: { payload: Buffer }) => void
        reject: (error: Error) => void
      }
      expectResponse: true
      requestTimeout: number | null
      sendRequest: () => void
    }): void
    maybeThrottle(forMs: number): void
  }
  socket: { write(bytes: Buffer): unknown }
}

export interface ConnectionPool {
  clientId: string
  getConnectionByRequest(of: { request: { apiKey: number } }): Promise<Connection>
}

/** One kind of request, in the one version we speak. */
export interface Api {
  apiKey: number
  apiVersion: number
  apiName: string
  /** Where the answer carries the time for which the broker wants silence. */
  throttle: 'first' | 'last'
}

const headerStartBytes = 12
/** Larger buffers are not kept: one burst must not hold its memory for ever. */
const keptBytesMax = 4 * 1024 * 1024

export class Requests {
  readonly #free: ByteWriter[] = []

  /**
   * Encodes a request, sends it and resolves with the body of its answer: one slice of what the socket
   * brought. `timeoutMs` can only lengthen the connection's own deadline.
   */
  async send(
    pool: ConnectionPool,
    api: Api,
    encode: (writer: ByteWriter) => void,
    timeoutMs: number | null = null,
  ): Promise<Buffer> {
    const connection = await pool.getConnectionByRequest({ request: api })
    if (!connection.isAuthenticated()) await connection.authenticate()
    connection.failIfNotConnected()
    const writer = this.#free.pop() ?? new ByteWriter()
    writer.at = 0
    const correlationId = connection.nextCorrelationId()
    writeHeader(writer, api, correlationId, pool.clientId)
    encode(writer)
    writer.bytes.writeInt32BE(writer.at - 4, 0)
    const frame = writer.bytes.subarray(0, writer.at)
    const { apiKey, apiName, apiVersion } = api
    const { payload } = await new Promise<{ payload: Buffer }>((resolve, reject) => {
      connection.requestQueue.push({
        entry: { apiKey, apiName, apiVersion, correlationId, resolve, reject },
        expectResponse: true,
        requestTimeout: timeoutMs,
        sendRequest: () => connection.socket.write(frame),
      })
    })
    if (writer.bytes.length <= keptBytesMax) this.#free.push(writer)
    connection.requestQueue.maybeThrottle(throttleMs(api, payload))
    return payload
  }
}

/** Size (filled in last), then request header version 1. */
function writeHeader(
  writer: ByteWriter,
  api: Api,
  correlationId: number,
  clientId: string | null,
): void {
  writer.reserve(headerStartBytes)
  writer.int32(0)
  writer.int16(api.apiKey)
  writer.int16(api.apiVersion)
  writer.int32(correlationId)
  writer.string(clientId)
}

function throttleMs(api: Api, payload: Buffer): number {
  return payload.readInt32BE(api.throttle === 'first' ? 0 : payload.length - 4)
}
