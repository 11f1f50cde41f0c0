// Time of a simulated world: it stands still while anything can still happen now, then jumps to the
// next timer. Timers of one instant fire in the order they were made, so a run is repeatable.

import { sleepBy } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'

interface Timer {
  readonly atMs: number
  readonly order: number
  callback: (() => void) | null
}

/** More at one instant than this is a loop that waits for nothing. */
const firedNowMax = 50_000

export class VirtualClock implements Clock {
  readonly #startWallMs: number
  readonly #heap: Timer[] = []
  #nowMs = 0
  #made = 0
  /** Timers fired since time last moved. */
  #firedNow = 0

  constructor(startWallMs: number) {
    this.#startWallMs = startWallMs
  }

  wallMs(): number {
    return this.#startWallMs + this.#nowMs
  }

  elapsedMs(): number {
    return this.#nowMs
  }

  after(ms: number, callback: () => void): () => void {
    // Whole milliseconds, as a machine's clock tells them.
    const atMs = this.#nowMs + Math.max(0, Math.ceil(ms))
    const timer: Timer = { atMs, order: this.#made++, callback }
    this.#push(timer)
    return () => {
      timer.callback = null
    }
  }

  readonly sleep = sleepBy((ms, callback) => this.after(ms, callback))

  /** Lets the world run until `done` says so at some instant, or until the time is `untilMs`. */
  async run(untilMs: number, done: () => boolean = () => false): Promise<void> {
    for (;;) {
      await settled()
      if (done()) return
      const timer = this.#pop(untilMs)
      if (timer === null) {
        this.#nowMs = Math.max(this.#nowMs, untilMs)
        return
      }
      this.#firedNow = timer.atMs > this.#nowMs ? 1 : this.#firedNow + 1
      if (this.#firedNow > firedNowMax) throw new Error(`livelock at ${this.#nowMs} ms`)
      this.#nowMs = Math.max(this.#nowMs, timer.atMs)
      timer.callback?.()
    }
  }

  #push(timer: Timer): void {
    const heap = this.#heap
    let place = heap.length
    heap.push(timer)
    while (place > 0) {
      const parent = (place - 1) >> 1
      const above = heap[parent]
      if (above === undefined || !isBefore(timer, above)) break
      heap[place] = above
      place = parent
    }
    heap[place] = timer
  }

  /** The next timer that was not cancelled; null when there is none up to `untilMs`. */
  #pop(untilMs: number): Timer | null {
    for (;;) {
      const first = this.#heap[0]
      if (first === undefined || first.atMs > untilMs) return null
      this.#removeFirst()
      if (first.callback !== null) return first
    }
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      const left = heap[child]
      const right = heap[child + 1]
      if (left === undefined) break
      if (right !== undefined && isBefore(right, left)) child++
      const least = heap[child]
      if (least === undefined || !isBefore(least, last)) break
      heap[place] = least
      place = child
    }
    heap[place] = last
  }
}

function isBefore(left: Timer, right: Timer): boolean {
  return left.atMs !== right.atMs ? left.atMs < right.atMs : left.order < right.order
}

/** All that can happen without time passing has happened: nothing in a world waits for real I/O. */
function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
