// Keeps a flood of the same thing from becoming a flood of records: few per key and minute, few per
// process and second. What is held back is not lost: it raises the count of the next record or, where none
// comes within a minute, of one made for it.

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

interface Held<Subject> {
  /** When the last records of this key went out, oldest first. */
  recordedAtMs: number[]
  count: number
  firstAtMs: number
  lastAtMs: number
  /** Of the first that is held back; null: none is. */
  subject: Subject | null
  /** Elapsed time. */
  heldSinceMs: number
}

const minuteMs = 60_000
const secondMs = 1000

export class FloodGate<Subject = never> {
  readonly #limits: FloodLimits
  readonly #held = new Map<string, Held<Subject>>()
  #recordedAtMs: number[] = []

  constructor(limits: FloodLimits) {
    this.#limits = limits
  }

  /**
   * What to record now, or null to hold it back. `subject`: what it was, asked for where it is held back; without
   * one the next record alone tells of it.
   */
  pass(key: string, now: Now, subject?: () => Subject): Occurrences | null {
    const { elapsedMs, wallMs } = now
    const held = this.#touch(key, wallMs)
    held.count += 1
    held.lastAtMs = wallMs
    if (this.#mayRecord(held, elapsedMs)) return this.#record(held, elapsedMs)
    if (held.subject === null && subject !== undefined) {
      held.subject = subject()
      held.heldSinceMs = elapsedMs
    }
    return null
  }

  /** What has been held back for `forMs` (default: a minute), to be recorded now. */
  overdue(elapsedMs: number, forMs = minuteMs): { subject: Subject; occurrences: Occurrences }[] {
    const due: { subject: Subject; occurrences: Occurrences }[] = []
    for (const held of this.#held.values()) {
      const { subject, heldSinceMs } = held
      if (subject === null || elapsedMs - heldSinceMs < forMs) continue
      if (this.#isFull(elapsedMs)) break
      due.push({ subject, occurrences: this.#record(held, elapsedMs) })
    }
    return due
  }

  #mayRecord(held: Held<Subject>, elapsedMs: number): boolean {
    held.recordedAtMs = since(held.recordedAtMs, elapsedMs - minuteMs)
    return held.recordedAtMs.length < this.#limits.perKeyMinute && !this.#isFull(elapsedMs)
  }

  #isFull(elapsedMs: number): boolean {
    this.#recordedAtMs = since(this.#recordedAtMs, elapsedMs - secondMs)
    return this.#recordedAtMs.length >= this.#limits.perProcessSecond
  }

  #record(held: Held<Subject>, elapsedMs: number): Occurrences {
    held.recordedAtMs.push(elapsedMs)
    this.#recordedAtMs.push(elapsedMs)
    const { count, firstAtMs, lastAtMs } = held
    held.count = 0
    held.subject = null
    return { count, firstAtMs, lastAtMs }
  }

  get keys(): number {
    return this.#held.size
  }

  #touch(key: string, wallMs: number): Held<Subject> {
    const times = { firstAtMs: wallMs, lastAtMs: wallMs, heldSinceMs: 0 }
    const held = this.#held.get(key) ?? { recordedAtMs: [], count: 0, subject: null, ...times }
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
