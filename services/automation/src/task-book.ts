// The state of one task of the stage: what is remembered by key, and its timers in the order of time.
// The order is made of what is in the map and never stored, so it cannot differ from it.

import { KeyedState } from '@fleet/stage'

import type { TaskFact } from './core/memory.ts'
import { TimerQueue } from './core/timer-queue.ts'

export interface DueTimer {
  readonly key: string
  readonly fact: TaskFact
}

export class TaskBook extends KeyedState<TaskFact> {
  readonly #timers = new TimerQueue()

  override stage(change: { key: string; value: TaskFact | null }): void {
    this.#follow(change.key, change.value)
    super.stage(change)
  }

  override restore(key: string, value: Buffer | null): void {
    const before = this.get(key)?.timerAt
    super.restore(key, value)
    const after = this.get(key)?.timerAt
    if (after !== undefined && after !== before) this.#timers.add({ at: after, key })
  }

  /** The timers due at a time, oldest first, at most so many. Takes nothing away. */
  due(atMicros: number, countMax: number): DueTimer[] {
    const entries = this.#timers.due(atMicros, countMax, ({ at, key }) => this.#timerOf(key) === at)
    return entries.flatMap(({ key }) => {
      const fact = this.get(key)
      return fact === undefined ? [] : [{ key, fact }]
    })
  }

  override sizes(): Record<string, number> {
    return { ...super.sizes(), timers: this.#timers.size }
  }

  /** A change whose transaction fails takes the whole book with it, so it may be followed at once. */
  #follow(key: string, value: TaskFact | null): void {
    if (value !== null && value.timerAt !== this.#timerOf(key)) {
      this.#timers.add({ at: value.timerAt, key })
    }
  }

  #timerOf(key: string): number | undefined {
    return this.get(key)?.timerAt
  }
}
