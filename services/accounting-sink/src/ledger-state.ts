// The memory of one partition of the ledger. Values are kept as the JSON text that stands in the changelog:
// most are read once more at most, and a text takes a third of the objects it describes.

import { ledgerTotalsKey } from '@fleet/contracts'
import { keyedChangeBytes, orderByDay } from '@fleet/stage'
import type { ChangelogRecord, TaskState } from '@fleet/stage'

import { isPassing, LedgerMemory } from './core/ledger-memory.ts'
import type { LedgerChange } from './core/ledger-memory.ts'

const millisPerDay = 86_400_000

/** Forgotten in one batch at most: forgetting must not hold up booking. */
const forgottenMax = 1000

export class LedgerState implements TaskState<LedgerChange> {
  readonly memory = new LedgerMemory(key => this.#get(key))
  readonly #memoryDays: number
  readonly #onExcesses: (count: number) => void
  /** Kept for ever. */
  readonly #lasting = new Map<string, string>()
  /** In the order they were written, which is the order of their days. */
  readonly #passing = new Map<string, string>()
  readonly #staged = new Map<string, string | null>()
  /** As committed. */
  #excesses = 0

  /** `onExcesses` hears how many entries with a refund excess a transaction has committed. */
  constructor(memoryDays: number, onExcesses: (count: number) => void = () => {}) {
    this.#memoryDays = memoryDays
    this.#onExcesses = onExcesses
  }

  stage({ key, value }: LedgerChange): void {
    this.#staged.set(key, JSON.stringify(value))
  }

  changeBytes(change: LedgerChange): number {
    return keyedChangeBytes(change)
  }

  advance(streamTimeMs: number): void {
    const oldestDay = dayOf(streamTimeMs) - this.#memoryDays
    let left = forgottenMax
    for (const [key, text] of this.#passing) {
      if (passingDay(text) >= oldestDay || left-- === 0) return
      if (!this.#staged.has(key)) this.#staged.set(key, null)
    }
  }

  pending(): ChangelogRecord[] {
    return [...this.#staged].map(([key, text]) => ({
      key,
      value: text === null ? null : Buffer.from(text),
    }))
  }

  commit(): void {
    const { excesses } = this.memory.totals
    for (const [key, text] of this.#staged) this.#put(key, text)
    this.#staged.clear()
    if (excesses > this.#excesses) this.#onExcesses(excesses - this.#excesses)
    this.#excesses = excesses
  }

  restore(key: string, value: Buffer | null): void {
    const text = value === null ? null : value.toString('utf8')
    // Read now: what is no JSON must be noticed before anything is booked on it.
    if (text !== null) JSON.parse(text)
    this.#put(key, text)
    if (key === ledgerTotalsKey) this.#excesses = this.memory.totals.excesses
  }

  *restored(): Generator<void> {
    orderByDay(this.#passing, passingDay)
    yield
  }

  /** Shown as `fleet_stage_state{stage="accounting-sink"}`. */
  sizes(): Record<string, number> {
    const { awaiting, excesses } = this.memory.totals
    return {
      keys: this.#lasting.size + this.#passing.size,
      awaiting_amount: awaiting,
      // Of all time, so that one whose process ended before anybody asked is seen all the same.
      refund_excesses: excesses,
    }
  }

  #put(key: string, text: string | null): void {
    const kept = isPassing(key) ? this.#passing : this.#lasting
    // Anew at the end, as in the changelog once it is compacted.
    kept.delete(key)
    if (text !== null) kept.set(key, text)
  }

  #get(key: string): unknown {
    const staged = this.#staged.get(key)
    const text = staged === undefined ? (this.#passing.get(key) ?? this.#lasting.get(key)) : staged
    return text === undefined || text === null ? undefined : JSON.parse(text)
  }
}

/** The first member of a passing value is its day. */
function passingDay(text: string): number {
  return Number.parseInt(text.slice(1), 10)
}

/** Days since 1970. */
export function dayOf(timeMs: number): number {
  return Math.floor(timeMs / millisPerDay)
}
