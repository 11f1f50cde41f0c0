// Chance from a seed: the same seed and label give the same numbers for ever.

import type { Ids, Random } from '@fleet/runtime'

export class Chance implements Random, Ids {
  #state: number

  constructor(seed: number, label: string) {
    let state = (seed ^ 0x9e3779b9) >>> 0
    for (let at = 0; at < label.length; at++) {
      state = Math.imul(state ^ label.charCodeAt(at), 0x01000193) >>> 0
    }
    this.#state = state
    // Neighbouring seeds must not give neighbouring first numbers.
    for (let turn = 0; turn < 4; turn++) this.next()
  }

  /** Mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let word = this.#state
    word = Math.imul(word ^ (word >>> 15), word | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    return ((word ^ (word >>> 14)) >>> 0) / 0x1_0000_0000
  }

  /** An integer from `from` (inclusive) to `to` (exclusive). */
  integer(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from))
  }

  happens(probability: number): boolean {
    return this.next() < probability
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.integer(0, items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }

  uuid(): string {
    const words = Array.from({ length: 4 }, () => this.integer(0, 0x1_0000_0000))
    const hex = words.map(word => word.toString(16).padStart(8, '0')).join('')
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      hex.slice(12, 16),
      hex.slice(16, 20),
      hex.slice(20),
    ].join('-')
  }
}
