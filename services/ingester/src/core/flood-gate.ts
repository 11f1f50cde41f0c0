// Keeps a flood of the same thing from becoming a flood of records: few per key and minute, few per
// process and second. What is held back is not lost, it raises the count of the next record.

export interface FloodLimits {
  readonly perKeyMinute: number
  readonly perProcessSecond: number
  /** Keys remembered; beyond it the one unused for longest is forgotten with what it held back. */
  readonly keysMax: number
}

/** How often it happened since the last record of its key, and when first and last. */
export interface Occurrences {
  readonly count: number
  readonly firstAtMs: number
  readonly lastAtMs: number
}

/** The windows are measured in elapsed time, which never goes back; the record shows wall time. */
export interface Now {
  readonly elapsedMs: number
  readonly wallMs: number
}

interface Held {
  /** When the last records of this key went out, oldest first. */
  recordedAtMs: number[]
  count: number
  firstAtMs: number
}

const minuteMs = 60_000
const secondMs = 1000

export class FloodGate {
  readonly #limits: FloodLimits
  readonly #held = new Map<string, Held>()
  #recordedAtMs: number[] = []

  constructor(limits: FloodLimits) {
    this.#limits = limits
  }

  /** What to record now, or null to hold it back. */
  pass(key: string, { elapsedMs, wallMs }: Now): Occurrences | null {
    const held = this.#touch(key, wallMs)
    held.count += 1
    const { perKeyMinute, perProcessSecond } = this.#limits
    held.recordedAtMs = since(held.recordedAtMs, elapsedMs - minuteMs)
    this.#recordedAtMs = since(this.#recordedAtMs, elapsedMs - secondMs)
    if (held.recordedAtMs.length >= perKeyMinute) return null
    if (this.#recordedAtMs.length >= perProcessSecond) return null
    held.recordedAtMs.push(elapsedMs)
    this.#recordedAtMs.push(elapsedMs)
    const occurrences = { count: held.count, firstAtMs: held.firstAtMs, lastAtMs: wallMs }
    held.count = 0
    return occurrences
  }

  get keys(): number {
    return this.#held.size
  }

  #touch(key: string, wallMs: number): Held {
    const held = this.#held.get(key) ?? { recordedAtMs: [], count: 0, firstAtMs: wallMs }
    if (held.count === 0) held.firstAtMs = wallMs
    this.#held.delete(key)
    this.#held.set(key, held)
    if (this.#held.size > this.#limits.keysMax) {
      const [oldest] = this.#held.keys()
      if (oldest !== undefined) this.#held.delete(oldest)
    }
    return held
  }
}

/** The times after `fromMs`, which stand in order. */
function since(times: number[], fromMs: number): number[] {
  const [oldest] = times
  return oldest === undefined || oldest > fromMs ? times : times.filter(time => time > fromMs)
}
