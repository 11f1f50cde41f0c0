// What the ledger's memory says to those who check the books: the keys of its changelog that `fleet ledger`
// reads beside the journal. Everything else in that changelog is the sink's own.

/** One tenant, posted period and currency: account → minor units [debit, credit], as decimal text. */
export type LedgerBalance = Record<string, readonly [debit: string, credit: string]>

export interface LedgerTotals {
  /** Entries written by this partition, which is the sequence number of the newest. */
  entries: number
  /** Entries that await their amount. */
  awaiting: number
  /** Entries with an `excess_minor`. */
  excesses: number
}

export interface LedgerClosed {
  /** YYYY-MM; it and all before it are closed. */
  period: string
}

/** The chart in use. */
export interface LedgerChart {
  readonly version: string
  /** Of the chart's text: the same version with another digest was changed. */
  readonly digest: string
  /** Of the instruction that switched to it, -1 for none; missing in memories from before it was kept. */
  readonly offset?: number
}

export const ledgerTotalsKey = 'totals'
export const ledgerChartKey = 'chart'

const balancePrefix = 'balance/'
const closedPrefix = 'closed/'

export function ledgerBalanceKey(tenantId: string, period: string, currency: string): string {
  return `${balancePrefix}${period}/${currency}/${tenantId}`
}

export function ledgerClosedKey(tenantId: string): string {
  return `${closedPrefix}${tenantId}`
}

export type LedgerKey =
  | { kind: 'balance'; tenantId: string; period: string; currency: string }
  | { kind: 'closed'; tenantId: string }
  | { kind: 'totals' }
  | { kind: 'chart' }

/** Null: a key that is the sink's own. */
export function parseLedgerKey(key: string): LedgerKey | null {
  if (key === ledgerTotalsKey) return { kind: 'totals' }
  if (key === ledgerChartKey) return { kind: 'chart' }
  if (key.startsWith(closedPrefix)) {
    return { kind: 'closed', tenantId: key.slice(closedPrefix.length) }
  }
  if (!key.startsWith(balancePrefix)) return null
  const [period = '', currency = ''] = key.slice(balancePrefix.length).split('/', 2)
  const tenantId = key.slice(balancePrefix.length + period.length + currency.length + 2)
  return { kind: 'balance', tenantId, period, currency }
}
