// How many entries a journal has, by tenant, posted month and currency. Pure.

import type { JournalEntry } from '@fleet/contracts'
import type { BalanceOptions } from './options.ts'

export interface EntryCounts {
  entries: number
  /** Without an amount so far. */
  awaiting: number
  excesses: number
}

/** Where an entry counts. Currency null: its amount, and with it the currency, is not known yet. */
export interface CountPlace {
  readonly tenant: string
  readonly period: string
  readonly currency: string | null
}

export function placeOf(entry: JournalEntry): CountPlace {
  const { tenant_id: tenant, posted_period: period, currency } = entry
  return { tenant, period, currency }
}

export class JournalCounts {
  readonly #counts = new Map<string, EntryCounts>()

  add({ tenant, period, currency }: CountPlace, what: keyof EntryCounts, by: 1 | -1 = 1): void {
    const name = JSON.stringify([tenant, period, currency])
    const counts = this.#counts.get(name) ?? { entries: 0, awaiting: 0, excesses: 0 }
    counts[what] += by
    this.#counts.set(name, counts)
  }

  /** An amount that is awaited may come in any currency: it counts for each that is asked for. */
  of({ tenant, period, currency }: BalanceOptions = {}): EntryCounts {
    const sum = { entries: 0, awaiting: 0, excesses: 0 }
    for (const [place, counts] of this.#places()) {
      if (tenant !== undefined && place.tenant !== tenant) continue
      if (period !== undefined && place.period !== period) continue
      if (currency !== undefined && place.currency !== null && place.currency !== currency) continue
      sum.entries += counts.entries
      sum.awaiting += counts.awaiting
      sum.excesses += counts.excesses
    }
    return sum
  }

  tenants(): Set<string> {
    return new Set([...this.#places()].map(([{ tenant }]) => tenant))
  }

  currencies(): Set<string | null> {
    return new Set([...this.#places()].map(([{ currency }]) => currency))
  }

  *#places(): IterableIterator<[CountPlace, EntryCounts]> {
    for (const [name, counts] of this.#counts) {
      const [tenant, period, currency] = JSON.parse(name) as [string, string, string | null]
      yield [{ tenant, period, currency }, counts]
    }
  }
}
