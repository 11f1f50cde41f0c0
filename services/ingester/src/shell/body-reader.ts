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
    const chunks: Buffer[] = []
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
        chunks.push(chunk)
      } else finish({ kind: 'no_room' })
    }
    const onEnd = (): void => {
      const [only] = chunks
      const body = only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, bytes)
      finish({ kind: 'body', body })
    }
    const onClose = (): void => finish({ kind: 'aborted' })
    request.on('data', onData).on('end', onEnd).on('close', onClose)
    // An aborted request also emits an error; the close that follows is what counts.
    request.on('error', () => {})
  })
}
