// When a task ticks: at the multiples of `tickMs`, each at most once and never back, and not before it
// has read what stood in its inputs when it took them over.

import type { Chunk, RecordStream } from '@fleet/kafka'
import type { Clock } from '@fleet/runtime'

import { FirstCatchUp } from './first-catch-up.ts'
import { TickClock } from './tick-clock.ts'

/** How long an idle task waits for records before it looks up again. */
const idleWaitMs = 1000
/** The same while the ends of its inputs are not reached: its ticks wait for them. */
const catchUpWaitMs = 100

export class Ticks {
  readonly #tickMs: number | undefined
  readonly #clock: TickClock
  #catchUp = new FirstCatchUp()

  constructor(tickMs: number | undefined, clock: Clock) {
    this.#tickMs = tickMs
    this.#clock = new TickClock(clock)
  }

  /** The partition was taken over, the broker's clock and the elapsed time being these. */
  restart(lastTickMs: number, barrier: { wallMs: number; elapsedMs: number }): void {
    this.#catchUp = new FirstCatchUp()
    this.#clock.brokerSays(barrier.wallMs, barrier.elapsedMs)
    this.#clock.wasBelieved(lastTickMs)
  }

  follow({ records, positions }: Chunk): void {
    this.#catchUp.moveTo(positions)
    let newestMs = 0
    for (const { timestampMs } of records) newestMs = Math.max(newestMs, timestampMs)
    this.#clock.brokerSaid(newestMs)
  }

  /** Null: none is due. */
  due(stream: RecordStream | null, lastTickMs: number): number | null {
    if (this.#tickMs === undefined || !this.#catchUp.isDone(stream)) return null
    const dueMs = Math.floor(this.#clock.nowMs() / this.#tickMs) * this.#tickMs
    return dueMs > lastTickMs ? dueMs : null
  }

  /** How long to wait for records before asking again. */
  waitMs(stream: RecordStream | null): number {
    if (this.#tickMs === undefined) return idleWaitMs
    if (!this.#catchUp.isDone(stream)) return catchUpWaitMs
    const untilNextMs = this.#tickMs - (this.#clock.nowMs() % this.#tickMs)
    return Math.max(1, Math.min(idleWaitMs, untilNextMs))
  }
}
