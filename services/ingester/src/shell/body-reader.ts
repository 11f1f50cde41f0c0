// Reads a request's body under two limits: one for the body, checked with every chunk so that a chunked
// request can't lie about its size, and one for all bodies that are being read at once.

import type { IncomingMessage } from 'node:http'

export type BodyReading =
  | { readonly kind: 'body'; readonly body: Buffer }
  /** `bytes`: announced, or read until then. */
  | { readonly kind: 'too_large'; readonly bytes: number }
  | { readonly kind: 'no_room' }
  /** The connection ended first; nobody is there to answer. */
  | { readonly kind: 'aborted' }

/** Bytes of bodies held by this process: read and not yet answered. */
export class BodyRoom {
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#bytesMax) return false
    this.#bytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#bytes -= bytes
  }

  get bytes(): number {
    return this.#bytes
  }
}

/** Smaller pieces are copied together: a buffer of its own for each byte costs hundreds of bytes more. */
const blockBytes = 16 * 1024

/** The pieces of one body, in at most about twice its size however small they come. */
class BodyBlocks {
  readonly #blocks: Buffer[] = []
  #open = Buffer.alloc(0)
  #openBytes = 0

  add(chunk: Buffer): void {
    if (this.#blocks.length === 0 || chunk.length >= blockBytes) {
      this.#close()
      this.#blocks.push(chunk)
      return
    }
    if (this.#openBytes + chunk.length > this.#open.length) {
      this.#close()
      this.#open = Buffer.allocUnsafeSlow(blockBytes)
    }
    this.#openBytes += chunk.copy(this.#open, this.#openBytes)
  }

  /** Without a copy where the body came in one piece, as nearly all do. */
  joined(): Buffer {
    this.#close()
    const [only] = this.#blocks
    return only !== undefined && this.#blocks.length === 1 ? only : Buffer.concat(this.#blocks)
  }

  #close(): void {
    if (this.#openBytes > 0) this.#blocks.push(this.#open.subarray(0, this.#openBytes))
    this.#open = Buffer.alloc(0)
    this.#openBytes = 0
  }
}

/** Only a `body` still holds room: give its length back once it is answered. */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
  room: BodyRoom,
): Promise<BodyReading> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > bytesMax) return Promise.resolve({ kind: 'too_large', bytes: announced })
  return new Promise(resolve => {
    const blocks = new BodyBlocks()
    let bytes = 0
    const finish = (reading: BodyReading): void => {
      request.off('data', onData).off('end', onEnd).off('close', onClose)
      if (reading.kind !== 'body') room.give(bytes)
      resolve(reading)
    }
    const onData = (chunk: Buffer): void => {
      if (bytes + chunk.length > bytesMax) {
        finish({ kind: 'too_large', bytes: bytes + chunk.length })
      } else if (room.take(chunk.length)) {
        bytes += chunk.length
        blocks.add(chunk)
      } else finish({ kind: 'no_room' })
    }
    const onEnd = (): void => finish({ kind: 'body', body: blocks.joined() })
    const onClose = (): void => finish({ kind: 'aborted' })
    request.on('data', onData).on('end', onEnd).on('close', onClose)
    // An aborted request also emits an error; the close that follows is what counts.
    request.on('error', () => {})
  })
}
