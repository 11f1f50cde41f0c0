// A process's own clock: its wall time may be wrong, its timers die and pause with it.

import { sleepBy } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'

import type { Lifeline } from './lifeline.ts'

export class ProcessClock implements Clock {
  readonly #world: Clock
  readonly #life: Lifeline
  readonly #skewMs: () => number

  constructor(world: Clock, life: Lifeline, skewMs: () => number) {
    this.#world = world
    this.#life = life
    this.#skewMs = skewMs
  }

  wallMs(): number {
    return this.#world.wallMs() + this.#skewMs()
  }

  elapsedMs(): number {
    return this.#world.elapsedMs()
  }

  after(ms: number, callback: () => void): () => void {
    let isCancelled = false
    const fire = (): void => {
      if (!isCancelled) callback()
    }
    const cancel = this.#world.after(ms, () => this.#life.call(fire))
    return () => {
      isCancelled = true
      cancel()
    }
  }

  readonly sleep = sleepBy((ms, callback) => this.after(ms, callback))
}
