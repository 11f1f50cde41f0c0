// All a task of the CRM sink remembers. Facts no event has touched for the horizon are dropped as
// stream time goes on, so memory follows what is in use and not all that ever was; contacts alone
// stay. What is staged is found by the next decision at once: it is either committed or thrown away
// with the whole state.

import { keyedChangeBytes, orderByDay } from '@fleet/stage'
import type { ChangelogRecord, TaskState } from '@fleet/stage'

import { dayOf, isLasting, isOutlived, resourceKeyOf } from '../core/memory.ts'
import type { CrmChange, CrmFact, CrmMemory } from '../core/memory.ts'

export interface CrmStateOptions {
  horizonDays: number
  /** Records without a customer a task keeps at most; beyond it the oldest stay unresolved for good. */
  unresolvedMax: number
}

/** Per transaction, so that none becomes large when a day ends. */
const droppedMax = 1000

export class CrmState implements TaskState<CrmChange>, CrmMemory {
  readonly #options: CrmStateOptions
  /** Never forgotten: `advance` does not walk them. */
  readonly #contacts = new Map<string, CrmFact>()
  /** Both maps are in the order of their days: a fact that is written goes to the end with today's. */
  readonly #facts = new Map<string, CrmFact>()
  readonly #unresolved = new Map<string, CrmFact>()
  readonly #unresolvedOf = new Map<string, Set<string>>()
  readonly #pending = new Map<string, CrmFact | null>()
  #givenUp = 0

  constructor(options: CrmStateOptions) {
    this.#options = options
  }

  get(key: string): CrmFact | undefined {
    return this.#facts.get(key) ?? this.#contacts.get(key) ?? this.#unresolved.get(key)
  }

  unresolvedOf(resourceKey: string): readonly string[] {
    return [...(this.#unresolvedOf.get(resourceKey) ?? [])]
  }

  stage({ key, value }: CrmChange): void {
    this.#set(key, value)
    this.#pending.set(key, value)
  }

  changeBytes(change: CrmChange): number {
    return keyedChangeBytes(change)
  }

  advance(streamTimeMs: number): void {
    const calendar = { today: dayOf(streamTimeMs), horizonDays: this.#options.horizonDays }
    for (const facts of [this.#facts, this.#unresolved]) {
      let dropped = 0
      for (const [key, fact] of facts) {
        if (dropped >= droppedMax) break
        // Written before facts had a day: its time starts now.
        if (fact.day === undefined) this.stage({ key, value: { ...fact, day: calendar.today } })
        else if (isOutlived(fact, calendar)) this.stage({ key, value: null })
        else break
        dropped++
      }
    }
    for (const key of this.#unresolved.keys()) {
      if (this.#unresolved.size <= this.#options.unresolvedMax) break
      this.stage({ key, value: null })
      this.#givenUp++
    }
  }

  pending(): ChangelogRecord[] {
    return [...this.#pending].map(([key, value]) => ({
      key,
      value: value === null ? null : Buffer.from(JSON.stringify(value)),
    }))
  }

  commit(): void {
    this.#pending.clear()
  }

  restore(key: string, value: Buffer | null): void {
    this.#set(key, value === null ? null : (JSON.parse(value.toString('utf8')) as CrmFact))
  }

  *restored(): Generator<void> {
    for (const facts of [this.#facts, this.#unresolved]) {
      orderByDay(facts, ({ day }) => day ?? -Infinity)
      yield
    }
  }

  sizes(): Record<string, number> {
    return {
      keys: this.#facts.size,
      contacts: this.#contacts.size,
      unresolved: this.#unresolved.size,
      unresolved_given_up: this.#givenUp,
    }
  }

  #set(key: string, value: CrmFact | null): void {
    if (isLasting(key)) {
      if (value === null) this.#contacts.delete(key)
      else this.#contacts.set(key, value)
      return
    }
    if (value !== null && value.kind !== 'unresolved') {
      this.#facts.delete(key)
      this.#facts.set(key, value)
      return
    }
    if (value === null && this.#facts.delete(key)) return
    this.#unresolved.delete(key)
    const resource = resourceKeyOf(key)
    const keys = this.#unresolvedOf.get(resource) ?? new Set()
    keys.delete(key)
    if (value !== null) {
      this.#unresolved.set(key, value)
      keys.add(key)
    }
    if (keys.size === 0) this.#unresolvedOf.delete(resource)
    else this.#unresolvedOf.set(resource, keys)
  }
}
