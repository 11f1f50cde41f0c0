// What a partition's memory says of the books, read from its changelog and hash-checked as at a restore.

import { parseLedgerKey } from '@fleet/contracts'
import type { LedgerBalance, LedgerChart, LedgerClosed, LedgerTotals } from '@fleet/contracts'
import type { ChangelogRecord, TaskState } from '@fleet/stage'
import { Balances } from './journal.ts'

/** A state that only ever restores: everything in it but the books is let go. */
export class LedgerMemory implements TaskState<never> {
  totals: LedgerTotals = { entries: 0, awaiting: 0, excesses: 0 }
  readonly #balances = new Map<string, LedgerBalance>()
  readonly closed = new Map<string, string>()
  /** Null: nothing was booked yet. */
  chart: LedgerChart | null = null

  stage(): void {}

  commit(): void {}

  pending(): ChangelogRecord[] {
    return []
  }

  restore(key: string, value: Buffer | null): void {
    const parsed = parseLedgerKey(key)
    if (parsed === null || value === null) return
    const json: unknown = JSON.parse(value.toString('utf8'))
    if (parsed.kind === 'totals') this.totals = json as LedgerTotals
    else if (parsed.kind === 'balance') this.#balances.set(key, json as LedgerBalance)
    else if (parsed.kind === 'chart') this.chart = json as LedgerChart
    else this.closed.set(parsed.tenantId, (json as LedgerClosed).period)
  }

  /** Whether something was booked for the tenant, or a month of it closed. */
  names(tenant: string): boolean {
    if (this.closed.has(tenant)) return true
    return [...this.#balances.keys()].some(key => {
      const parsed = parseLedgerKey(key)
      return parsed?.kind === 'balance' && parsed.tenantId === tenant
    })
  }

  balances(): Balances {
    const all = new Balances()
    for (const [key, balance] of this.#balances) {
      const parsed = parseLedgerKey(key)
      if (parsed?.kind !== 'balance') continue
      const { tenantId: tenant, period, currency } = parsed
      for (const [account, [debit, credit]] of Object.entries(balance)) {
        all.add({ tenant, currency, account, period }, BigInt(debit), BigInt(credit))
      }
    }
    return all
  }
}
