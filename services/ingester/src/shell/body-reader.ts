// Reads a request's body under limits: one for the body, checked with every chunk so that a chunked
// request can't lie about its size, one for the bytes of all bodies, one for how many wait for an answer.

import type { IncomingMessage } from 'node:http'
import type { WaitingLimit } from '../core/waiting-limit.ts'

export type BodyReading =
  | { readonly kind: 'body'; readonly body: Buffer }
  /** `bytes`: announced, or read until then. */
  | { readonly kind: 'too_large'; readonly bytes: number }
  | { readonly kind: 'no_room' }
  /** As many deliveries wait for their answer as may; nothing of this one was read. */
  | { readonly kind: 'crowded' }
  /** The connection ended first; nobody is there to answer. */
  | { readonly kind: 'aborted' }

/**
 * Bodies held by this process: their bytes, and how many were read and are not answered. Who is still
 * sending does not count among these, or a few hundred slow senders would keep out everybody else.
 */
export class BodyRoom {
  readonly #bytesMax: number
  readonly #waitingLimit: Pick<WaitingLimit, 'admits'>
  #bytes = 0
  #waiting = 0

  constructor(bytesMax: number, waitingLimit: Pick<WaitingLimit, 'admits'>) {
    this.#bytesMax = bytesMax
    this.#waitingLimit = waitingLimit
  }

  /** What is taken now would wait longer than its sender does; a quick refusal is worth more. */
  get isCrowded(): boolean {
    return !this.#waitingLimit.admits(this.#waiting)
  }

  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#bytesMax) return false
    this.#bytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#bytes -= bytes
  }

  /** A body was read to its end. */
  wait(): void {
    this.#waiting++
  }

  /** A body that was read to its end has its answer. */
  answered(bytes: number): void {
    this.#waiting--
    this.#bytes -= bytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get waiting(): number {
    return this.#waiting
  }
}

/** Smaller pieces are copied together: a buffer of its own for each byte costs hundreds of bytes more. */
const blockBytes = 16 * 1024
const noBytes = Buffer.alloc(0)

/** The pieces of one body, in at most about twice its size however small they come. */
class BodyBlocks {
  readonly #blocks: Buffer[] = []
  #open = noBytes
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

  /** A refused sender may linger, and what it sent takes no room any more. */
  drop(): void {
    this.#blocks.length = 0
    this.#open = noBytes
    this.#openBytes = 0
  }

  #close(): void {
    if (this.#openBytes > 0) this.#blocks.push(this.#open.subarray(0, this.#openBytes))
    this.#open = noBytes
    this.#openBytes = 0
  }
}

/** Only a `body` still holds room: tell the room once it is answered. */
export function readBody(
  request: IncomingMessage,
  announcedBytes: number,
  bytesMax: number,
  room: BodyRoom,
): Promise<BodyReading> {
  if (announcedBytes > bytesMax) {
    return Promise.resolve({ kind: 'too_large', bytes: announcedBytes })
  }
  if (room.isCrowded) return Promise.resolve(crowded)
  return new Promise(resolve => {
    const body = new ArrivingBody(bytesMax, room, resolve)
    request
      .on('data', body.take.bind(body))
      .on('end', body.end.bind(body))
      .on('close', body.close.bind(body))
      // An aborted request also emits an error; the close that follows is what counts.
      .on('error', ignore)
  })
}

const crowded = { kind: 'crowded' } as const

function ignore(): void {}

/**
 * Bound methods and listeners that stay: four functions made and named for each request, and taken off
 * again, cost 3 % of a delivery.
 */
class ArrivingBody {
  readonly #bytesMax: number
  readonly #room: BodyRoom
  readonly #resolve: (reading: BodyReading) => void
  readonly #blocks = new BodyBlocks()
  #bytes = 0
  #isDone = false

  constructor(bytesMax: number, room: BodyRoom, resolve: (reading: BodyReading) => void) {
    this.#bytesMax = bytesMax
    this.#room = room
    this.#resolve = resolve
  }

  take(chunk: Buffer): void {
    if (this.#isDone) return
    const bytes = this.#bytes + chunk.length
    if (bytes > this.#bytesMax) return this.#finish({ kind: 'too_large', bytes })
    if (!this.#room.take(chunk.length)) return this.#finish({ kind: 'no_room' })
    this.#bytes = bytes
    this.#blocks.add(chunk)
  }

  end(): void {
    if (!this.#isDone) this.#finish({ kind: 'body', body: this.#blocks.joined() })
  }

  close(): void {
    if (!this.#isDone) this.#finish({ kind: 'aborted' })
  }

  #finish(reading: BodyReading): void {
    this.#isDone = true
    if (reading.kind === 'body') this.#room.wait()
    else this.#room.give(this.#bytes)
    this.#blocks.drop()
    this.#resolve(reading)
  }
}
