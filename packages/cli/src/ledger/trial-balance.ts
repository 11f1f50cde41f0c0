// `fleet ledger trial-balance`: the journal summed by account, and whether the ledger's memory says the same.

import { minorDigitsOf } from '@fleet/sources'
import { exitCodes, UsageError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { readSettings } from '../settings.ts'
import { table } from '../terminal.ts'
import { printJson } from '../verb.ts'
import type { Context } from '../verb.ts'
import { Balances } from './journal.ts'
import type { BalancePlace, Sums } from './journal.ts'
import { majorUnits } from './major-units.ts'
import { closedOf, tenantsIn, unknownTenant } from './known-tenants.ts'
import type { EntryCounts } from './journal-counts.ts'
import { readLedger } from './read-ledger.ts'
import type { LedgerPartition } from './read-ledger.ts'
import type { BalanceOptions } from './options.ts'

/** Amounts are texts: sums may be larger than a JSON number holds exactly. */
interface Row {
  tenant_id: string
  currency: string
  account: string
  debit_minor: string
  credit_minor: string
  /** Debit minus credit. */
  balance_minor: string
  debit: string
  credit: string
  balance: string
}

interface Total {
  tenant_id: string
  currency: string
  debit_minor: string
  credit_minor: string
  balanced: boolean
}

export interface TrialBalance {
  ok: boolean
  balanced: boolean
  /** Journal and memory say the same, of everything, whatever was asked for. */
  equal_to_memory: boolean
  /** These three, as the rows, of what was asked for. */
  entries: number
  awaiting_amount: number
  refund_excesses: number
  rows: Row[]
  totals: Total[]
  closed: { tenant_id: string; period: string }[]
  differences: string[]
}

export async function trialBalanceVerb(
  context: Context,
  options: BalanceOptions,
): Promise<ExitCode> {
  const partitions = await readLedger(context, readSettings())
  const unknown = unknownIn(partitions, options)
  if (unknown !== null) throw new UsageError(unknown)
  const report = trialBalanceOf(partitions, options)
  if (context.json) printJson(context, report)
  else show(context, report)
  return report.ok ? exitCodes.ok : exitCodes.failed
}

/** What was asked for and is certainly a slip: an empty table would look like books in order. */
export function unknownIn(
  partitions: readonly LedgerPartition[],
  { tenant, currency }: BalanceOptions,
): string | null {
  if (tenant !== undefined && !tenantsIn(partitions).has(tenant)) return unknownTenant(tenant)
  const isCurrency =
    currency === undefined ||
    minorDigitsOf(currency) !== null ||
    partitions.some(({ journal }) => journal.counts.currencies().has(currency))
  return isCurrency ? null : `"${currency}" is not in ISO 4217, or not in upper case`
}

export function trialBalanceOf(
  partitions: readonly LedgerPartition[],
  options: BalanceOptions,
): TrialBalance {
  const all = new Balances()
  for (const { journal } of partitions) all.addAll(journal.balances)
  const rows = rowsOf(all, options)
  const totals = totalsOf(rows)
  const balanced = totals.every(total => total.balanced)
  const differences = partitions.flatMap(({ partition, journal }) =>
    journal.violations
      .filter(({ rule }) => rule === 'memory_differs')
      .map(({ detail }) => `partition ${partition}: ${detail}`),
  )
  const counts = partitions.map(({ journal }) => journal.counts.of(options))
  const sum = (what: keyof EntryCounts): number =>
    counts.reduce((total, each) => total + each[what], 0)
  return {
    ok: balanced && differences.length === 0,
    balanced,
    equal_to_memory: differences.length === 0,
    entries: sum('entries'),
    awaiting_amount: sum('awaiting'),
    refund_excesses: sum('excesses'),
    rows,
    totals,
    closed: closedOf(partitions.map(({ memory }) => memory)).filter(
      ({ tenant_id }) => options.tenant === undefined || tenant_id === options.tenant,
    ),
    differences,
  }
}

function rowsOf(all: Balances, { tenant, period, currency }: BalanceOptions): Row[] {
  const summed = new Map<string, [BalancePlace, Sums]>()
  for (const [place, { debit, credit }] of all.entries()) {
    const isAsked =
      (tenant === undefined || place.tenant === tenant) &&
      (period === undefined || place.period === period) &&
      (currency === undefined || place.currency === currency)
    if (!isAsked) continue
    const name = JSON.stringify([place.tenant, place.currency, place.account])
    const known = summed.get(name)
    if (known === undefined) summed.set(name, [place, { debit, credit }])
    else {
      known[1].debit += debit
      known[1].credit += credit
    }
  }
  return [...summed]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([, [place, sums]]) => rowOf(place, sums))
}

function rowOf({ tenant, currency, account }: BalancePlace, { debit, credit }: Sums): Row {
  return {
    tenant_id: tenant,
    currency,
    account,
    debit_minor: String(debit),
    credit_minor: String(credit),
    balance_minor: String(debit - credit),
    debit: majorUnits(debit, currency),
    credit: majorUnits(credit, currency),
    balance: majorUnits(debit - credit, currency),
  }
}

function totalsOf(rows: readonly Row[]): Total[] {
  const totals = new Map<string, Total>()
  for (const { tenant_id, currency, debit_minor, credit_minor } of rows) {
    const name = JSON.stringify([tenant_id, currency])
    const known = totals.get(name)
    const debit = BigInt(known?.debit_minor ?? 0) + BigInt(debit_minor)
    const credit = BigInt(known?.credit_minor ?? 0) + BigInt(credit_minor)
    totals.set(name, {
      tenant_id,
      currency,
      debit_minor: String(debit),
      credit_minor: String(credit),
      balanced: debit === credit,
    })
  }
  return [...totals.values()]
}

function show({ terminal }: Context, report: TrialBalance): void {
  const { green, red, yellow } = terminal.colors
  const head = ['tenant', 'currency', 'account', 'debit', 'credit', 'balance']
  const rows = report.rows.map(row => [
    row.tenant_id,
    row.currency,
    row.account,
    row.debit,
    row.credit,
    row.balance,
  ])
  const totals = report.totals.map(
    ({ tenant_id, currency, debit_minor, credit_minor, balanced }) => [
      tenant_id,
      currency,
      balanced ? green('sum') : red('sum, out of balance'),
      majorUnits(BigInt(debit_minor), currency),
      majorUnits(BigInt(credit_minor), currency),
      majorUnits(BigInt(debit_minor) - BigInt(credit_minor), currency),
    ],
  )
  terminal.write(table(terminal, head, [...rows, ...totals]))
  const { entries, awaiting_amount: awaiting, refund_excesses: excesses } = report
  terminal.write(`${entries} entries in the journal, ${awaiting} await their amount\n`)
  if (excesses > 0) terminal.write(yellow(`${excesses} entries with refunds beyond their charge\n`))
  for (const { tenant_id, period } of report.closed) {
    terminal.write(`${tenant_id} is closed through ${period}\n`)
  }
  for (const difference of report.differences) terminal.write(`${red('differs')} ${difference}\n`)
  if (report.equal_to_memory) terminal.write(`${green('ok')} journal and memory say the same\n`)
}
