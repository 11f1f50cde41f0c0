// A TCP proxy in front of a running cluster that understands Kafka's framing. A rule decides what
// becomes of each request: lost, late, cut off, answered by the proxy, or with a changed answer. Brokers
// are named by the proxy's addresses in the answers to Metadata and FindCoordinator, in the versions
// kafkajs speaks, so the cluster need not know of the proxy. Everything else passes in order.

import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

import {
  FrameCutter,
  requestHead,
  responseCorrelationId,
} from '../../../test/faults/world/kafka-frames.ts'
import { rewritePorts } from './kafka-addresses.ts'

export const apiKeys = {
  Produce: 0,
  Fetch: 1,
  Metadata: 3,
  FindCoordinator: 10,
  InitProducerId: 22,
  AddPartitionsToTxn: 24,
  EndTxn: 26,
} as const

export interface ProxiedRequest {
  readonly apiKey: number
  readonly apiVersion: number
  readonly clientId: string
  /** Null where the API has none. */
  readonly transactionalId: string | null
  /** What follows the request's header (version 1). */
  readonly body: Buffer
}

export type WireAction =
  | { kind: 'lose request' }
  | { kind: 'lose answer' }
  /** The client's connection ends; `after` the broker has done what was asked, else before. */
  | { kind: 'cut'; after: boolean }
  /**
   * Held back until then, and what the client sends behind it on the connection as well. With `cut`
   * the client is told nothing but loses its connection at once; the request arrives all the same.
   * `answered` is called when the broker has dealt with it.
   */
  | { kind: 'delay request'; until: Promise<void>; cut: boolean; answered?: () => void }
  | { kind: 'delay answer'; until: Promise<void> }
  /** Never reaches the broker; the body of the answer is given. */
  | { kind: 'answer'; body: Buffer }
  /** The broker does it; the body of its answer is changed. */
  | { kind: 'edit'; edit: (body: Buffer) => Buffer }

/** Null lets the request pass. Asked once per request; the first rule with an answer counts. */
export type WireRule = (request: ProxiedRequest) => WireAction | null

const transactionalApis = new Set<number>([
  apiKeys.Produce,
  apiKeys.InitProducerId,
  apiKeys.AddPartitionsToTxn,
  apiKeys.EndTxn,
])
/** size, api_key, api_version, correlation_id, length of the client id */
const headBytes = 14
/** size, correlation_id */
const answerHeadBytes = 8

export class KafkaProxy {
  readonly #rules = new Set<WireRule>()
  readonly #servers = new Map<number, { server: Server; port: number }>()
  readonly #sockets = new Set<Socket>()
  /** Addresses for clients, in place of the given ones. */
  brokers: string[] = []

  /** In front of the brokers at these addresses, and of those they name. */
  static async start(brokers: readonly string[]): Promise<KafkaProxy> {
    const proxy = new KafkaProxy()
    for (const broker of brokers) {
      const port = await proxy.portFor(Number(broker.split(':')[1]))
      proxy.brokers.push(`127.0.0.1:${port}`)
    }
    return proxy
  }

  /** Returns a function that takes the rule away. */
  add(rule: WireRule): () => void {
    this.#rules.add(rule)
    return () => this.#rules.delete(rule)
  }

  /** Ends every connection; clients may connect again. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  close(): void {
    for (const { server } of this.#servers.values()) server.close()
    this.cutAll()
  }

  actionFor(request: ProxiedRequest): WireAction | null {
    for (const rule of this.#rules) {
      const action = rule(request)
      if (action !== null) return action
    }
    return null
  }

  /** The port that leads to a broker's port; opened when it is first heard of. */
  async portFor(brokerPort: number): Promise<number> {
    const known = this.#servers.get(brokerPort)
    if (known !== undefined) return known.port
    const server = createServer({ noDelay: true }, client => this.#serve(client, brokerPort))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const opened = this.#servers.get(brokerPort)
    if (opened !== undefined) {
      server.close()
      return opened.port
    }
    this.#servers.set(brokerPort, { server, port })
    return port
  }

  #serve(client: Socket, brokerPort: number): void {
    const broker = connect({ host: '127.0.0.1', port: brokerPort, noDelay: true })
    for (const socket of [client, broker]) {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => {})
    }
    new Wire(this, client, broker).start()
  }
}

type Treatment = (body: Buffer) => Promise<Buffer | null>

/** One connection: requests one way, answers the other, each in order. */
class Wire {
  readonly #proxy: KafkaProxy
  readonly #client: Socket
  readonly #broker: Socket
  /** What to do with the answer, by correlation id; null is dropped. */
  readonly #treatments = new Map<number, Treatment>()
  #requests: Promise<void> = Promise.resolve()
  #answers: Promise<void> = Promise.resolve()
  #unanswered = 0
  #waiting = 0
  #clientGone = false

  constructor(proxy: KafkaProxy, client: Socket, broker: Socket) {
    this.#proxy = proxy
    this.#client = client
    this.#broker = broker
  }

  start(): void {
    const requests = new FrameCutter()
    const answers = new FrameCutter()
    this.#client.on('data', piece => {
      for (const frame of requests.push(piece)) {
        this.#waiting++
        this.#requests = this.#requests.then(() => this.#request(frame))
      }
    })
    this.#broker.on('data', piece => {
      for (const frame of answers.push(piece)) {
        this.#answers = this.#answers.then(() => this.#answer(frame))
      }
    })
    this.#broker.on('close', () => this.#client.destroy())
    this.#client.on('close', () => {
      this.#clientGone = true
      this.#endWhenDone()
    })
  }

  async #request(frame: Buffer): Promise<void> {
    const { apiKey, correlationId, clientId } = requestHead(frame)
    const apiVersion = frame.readInt16BE(6)
    const body = frame.subarray(headBytes + Math.max(0, frame.readInt16BE(12)))
    const transactionalId = transactionalApis.has(apiKey) ? nullableString(body) : null
    const action = this.#proxy.actionFor({ apiKey, apiVersion, clientId, transactionalId, body })
    this.#waiting--
    if (apiKey === apiKeys.Metadata || apiKey === apiKeys.FindCoordinator) {
      this.#treatments.set(correlationId, async answer =>
        rewritePorts(apiKey, apiVersion, answer, port => this.#proxy.portFor(port)),
      )
    }
    if (action === null) this.#forward(frame)
    else await this.#treat(action, frame, correlationId)
    this.#endWhenDone()
  }

  async #treat(action: WireAction, frame: Buffer, correlationId: number): Promise<void> {
    const answered = (treatment: Treatment): void => {
      this.#treatments.set(correlationId, treatment)
      this.#forward(frame)
    }
    switch (action.kind) {
      case 'lose request':
        return
      case 'lose answer':
        return answered(() => Promise.resolve(null))
      case 'cut':
        if (!action.after) {
          this.#client.destroy()
          return
        }
        return answered(() => {
          this.#client.destroy()
          return Promise.resolve(null)
        })
      case 'delay request':
        this.#unanswered++
        if (action.cut) this.#client.destroy()
        await action.until
        this.#unanswered--
        return answered(body => {
          action.answered?.()
          return Promise.resolve(body)
        })
      case 'delay answer':
        return answered(body => action.until.then(() => body))
      case 'answer':
        return this.#toClient(correlationId, action.body)
      case 'edit':
        return answered(body => Promise.resolve(action.edit(body)))
    }
  }

  #forward(frame: Buffer): void {
    if (!this.#broker.writable) return
    this.#unanswered++
    this.#broker.write(frame)
  }

  async #answer(frame: Buffer): Promise<void> {
    const correlationId = responseCorrelationId(frame)
    const treatment = this.#treatments.get(correlationId)
    this.#treatments.delete(correlationId)
    if (treatment === undefined) {
      if (this.#client.writable) this.#client.write(frame)
    } else {
      const body = await treatment(frame.subarray(answerHeadBytes))
      if (body !== null) this.#toClient(correlationId, body)
    }
    this.#unanswered--
    this.#endWhenDone()
  }

  #toClient(correlationId: number, body: Buffer): void {
    if (!this.#client.writable) return
    const head = Buffer.alloc(answerHeadBytes)
    head.writeInt32BE(4 + body.length, 0)
    head.writeInt32BE(correlationId, 4)
    this.#client.write(Buffer.concat([head, body]))
  }

  /** What a client has sent reaches the broker, and is done there, although the client is gone. */
  #endWhenDone(): void {
    if (this.#clientGone && this.#unanswered === 0 && this.#waiting === 0) this.#broker.destroy()
  }
}

function nullableString(body: Buffer): string | null {
  const length = body.readInt16BE(0)
  return length < 0 ? null : body.toString('utf8', 2, 2 + length)
}
