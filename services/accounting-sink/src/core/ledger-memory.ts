// What the ledger remembers of a partition: values by key, each one JSON text in the changelog. The keys of
// balances, totals and closed periods are read by `fleet ledger` too and are in @fleet/contracts.

import {
  ledgerBalanceKey,
  ledgerChartKey,
  ledgerClosedKey,
  ledgerTotalsKey,
} from '@fleet/contracts'
import type { LedgerBalance, LedgerChart, LedgerClosed, LedgerTotals } from '@fleet/contracts'

/** An entry that was booked, or awaits its amount while `minor` is null. `day` is of stream time. */
export type KnownEntry = readonly [
  day: number,
  category: string,
  currency: string | null,
  minor: number | null,
  /** The amount is of another event, which was taken for this one's: its own may still come. */
  isOfAnother?: true,
]

/** Sums in minor units as decimal text: together they may be larger than an exact number. */
type ChargedAndRefunded = readonly [charged: string, refunded: string]

/** `name` is the charge_id of charges and the refund_of of refunds; without an entry only refunds named it. */
export type NamedCharge = readonly [
  name: string,
  chargeEntryId: string | null,
  byCurrency: Readonly<Record<string, ChargedAndRefunded>>,
]

/** What is known of one resource, such as a charge, from its billing events. */
export type KnownResource = readonly [
  day: number,
  /** Of the first charge, awaiting or booked. */
  chargeEntryId: string | null,
  byCurrency: Readonly<Record<string, ChargedAndRefunded>>,
  /** Entries that await their amount, oldest first. */
  awaiting: readonly AwaitingEntry[],
  /** Oldest first; missing in memories from before charges were kept by name. */
  named?: readonly NamedCharge[],
  /** By currency; missing where nothing was told. */
  told?: Readonly<Record<string, ToldExcess>>,
]

/** What alerting was told, of which what adjustments have settled is taken off already. Minor units. */
export type ToldExcess = readonly [excess: number, settled: number]

/** `reference` is the charge it speaks of; missing as above. */
export type AwaitingEntry = readonly [entryId: string, eventType: string, reference?: string | null]

export interface LedgerChange {
  readonly key: string
  readonly value: unknown
}

const entryPrefix = 'entry/'
const resourcePrefix = 'resource/'
/** Beside the one in use: every version that was ever booked by or switched to, for good. */
const usedChartPrefix = `${ledgerChartKey}/`

/** Forgotten after the memory's time; the first member of such a value is the day it was written. */
export function isPassing(key: string): boolean {
  return key.startsWith(entryPrefix) || key.startsWith(resourcePrefix)
}

/** Reads a memory through `get`; makes changes and applies none. */
export class LedgerMemory {
  readonly #get: (key: string) => unknown

  constructor(get: (key: string) => unknown) {
    this.#get = get
  }

  entry(entryId: string): KnownEntry | undefined {
    return this.#get(entryPrefix + entryId) as KnownEntry | undefined
  }

  resource(recordKey: string): KnownResource | undefined {
    return this.#get(resourcePrefix + recordKey) as KnownResource | undefined
  }

  balance(tenantId: string, period: string, currency: string): LedgerBalance {
    const key = ledgerBalanceKey(tenantId, period, currency)
    return (this.#get(key) as LedgerBalance | undefined) ?? {}
  }

  closed(tenantId: string): string | null {
    return (this.#get(ledgerClosedKey(tenantId)) as LedgerClosed | undefined)?.period ?? null
  }

  get totals(): LedgerTotals {
    const none = { entries: 0, awaiting: 0, excesses: 0 }
    return (this.#get(ledgerTotalsKey) as LedgerTotals | undefined) ?? none
  }

  get chart(): LedgerChart | undefined {
    return this.#get(ledgerChartKey) as LedgerChart | undefined
  }

  /** Of the chart as this version was first used. */
  usedChartDigest(version: string): string | undefined {
    const kept = this.#get(usedChartPrefix + version) as { digest: string } | undefined
    if (kept !== undefined) return kept.digest
    // A memory from before digests were kept knows that of the chart in use.
    const { chart } = this
    return chart?.version === version ? chart.digest : undefined
  }

  isChartKept(version: string): boolean {
    return this.#get(usedChartPrefix + version) !== undefined
  }
}

export const change = {
  entry: (entryId: string, value: KnownEntry): LedgerChange => ({
    key: entryPrefix + entryId,
    value,
  }),
  resource: (recordKey: string, value: KnownResource): LedgerChange => ({
    key: resourcePrefix + recordKey,
    value,
  }),
  balance: (
    tenantId: string,
    period: string,
    currency: string,
    value: LedgerBalance,
  ): LedgerChange => ({ key: ledgerBalanceKey(tenantId, period, currency), value }),
  closed: (tenantId: string, value: LedgerClosed): LedgerChange => ({
    key: ledgerClosedKey(tenantId),
    value,
  }),
  totals: (value: LedgerTotals): LedgerChange => ({ key: ledgerTotalsKey, value }),
  chart: (value: LedgerChart): LedgerChange => ({ key: ledgerChartKey, value }),
  usedChart: ({ version, digest }: Pick<LedgerChart, 'version' | 'digest'>): LedgerChange => ({
    key: usedChartPrefix + version,
    value: { digest },
  }),
}
