// Random numbers that a seed repeats. Every choice of a run comes from one of these, so that the same
// seed gives the same events and the same faults in the same order.

export interface Seeded {
  /** From 0 up to, not including, 1. */
  next(): number
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number
  pick<T>(list: readonly T[]): T
  shuffled<T>(list: readonly T[]): T[]
}

/** mulberry32 (Tommy Ettinger, public domain), started from the seed and a name for the purpose. */
export function seeded(seed: number, purpose: string): Seeded {
  let state = seed >>> 0
  for (const character of purpose) {
    state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x5bd1e995) >>> 0
  }
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1))
  return {
    next,
    between,
    pick: list => {
      const picked = list[between(0, list.length - 1)]
      if (picked === undefined) throw new Error('nothing to pick from')
      return picked
    },
    shuffled: list => {
      const out = [...list]
      for (let last = out.length - 1; last > 0; last--) {
        const other = between(0, last)
        const [a, b] = [out[last], out[other]]
        if (a !== undefined && b !== undefined) [out[last], out[other]] = [b, a]
      }
      return out
    },
  }
}
