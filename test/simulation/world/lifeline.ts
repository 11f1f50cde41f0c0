// Whether a simulated process runs, stands still or is dead. Everything it does passes here: a dead
// process never hears of anything again, a paused one hears it later.

import type { Place } from '../plan/plan.ts'

interface Doom {
  /** Null: anywhere. */
  readonly place: Place | null
  /** At the n-th await there from now on. */
  awaits: number
  readonly die: (place: Place) => void
}

export class Lifeline {
  #dead = false
  #deferred: (() => void)[] | null = null
  #doom: Doom | null = null

  get isDead(): boolean {
    return this.#dead
  }

  get isPaused(): boolean {
    return this.#deferred !== null
  }

  /** Calls back now, after the pause, or never. */
  call(callback: () => void): void {
    if (this.#dead) return
    if (this.#deferred === null) callback()
    else this.#deferred.push(() => this.call(callback))
  }

  /** Resolves when the process may go on. */
  turn(place: Place): Promise<void> {
    this.#meetDoom(place)
    if (!this.#dead && this.#deferred === null) return Promise.resolve()
    return new Promise(resolve => this.call(resolve))
  }

  /** The promise's outcome, once the process may hear of it. */
  async hear<T>(place: Place, promise: Promise<T>): Promise<T> {
    try {
      const value = await promise
      await this.turn(place)
      return value
    } catch (error) {
      await this.turn(place)
      throw error
    }
  }

  /** The process is to die where `doom` says; null takes it back. */
  doom(doom: Doom | null): void {
    this.#doom = doom
  }

  #meetDoom(place: Place): void {
    const doom = this.#doom
    if (doom === null || (doom.place !== null && doom.place !== place)) return
    if (--doom.awaits > 0) return
    this.#doom = null
    doom.die(place)
  }

  pause(): void {
    this.#deferred ??= []
  }

  resume(): void {
    const deferred = this.#deferred ?? []
    this.#deferred = null
    for (const callback of deferred) callback()
  }

  kill(): void {
    this.#dead = true
    this.#deferred = null
  }
}
