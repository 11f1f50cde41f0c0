// One normalized event becomes at most one balanced journal entry, or is refused by name. What earlier
// events say about it is added in book.ts. Amounts are integers of the currency's minor unit from end to
// end; nothing here rounds.

import { monthOfMicros } from '@fleet/contracts'
import type { Coordinates, JournalEntry, Line, Money } from '@fleet/contracts'

import { postingOf } from './chart.ts'
import type { Chart, Posting, PostingRule } from './chart.ts'
import type { LedgerEvent } from './ledger-event.ts'
import { unreadAmount } from './unread-amount.ts'
import type { MinorDigitsOf } from './unread-amount.ts'

export interface LedgerContext {
  /** Key of the event's record. */
  key: string
  origin: Coordinates
  nowMicros: number
  chart: Chart
  sha256Hex: (text: string) => string
  /** Whether the ISO 4217 table has the code, as a currency that is paid with. */
  isCurrency: (code: string) => boolean
  minorDigitsOf: MinorDigitsOf
}

export type LedgerOutcome =
  | { kind: 'nothing' }
  | { kind: 'entry'; entry: JournalEntry }
  | { kind: 'refused'; code: 'BAD_AMOUNT' | 'BAD_CATEGORY'; message: string }

const nothing: LedgerOutcome = { kind: 'nothing' }

/** The order of the checks is fixed: bad amount, bad category, no amount, zero. */
export function toJournalEntry(input: LedgerEvent, context: LedgerContext): LedgerOutcome {
  const { event } = input
  if (event.mode === 'TEST') return nothing
  const rule = context.chart.rules.get(event.event_type)
  if (rule === undefined) return nothing

  const problem = amountProblem(input, rule, context)
  if (problem !== null) return { kind: 'refused', code: 'BAD_AMOUNT', message: problem }
  if (event.amount === null && rule.withoutAmount === 'ignore') return nothing

  const posting = postingOf(rule, input)
  if (posting === null) {
    const message = `the category of ${event.event_type} is not one the ledger knows`
    return { kind: 'refused', code: 'BAD_CATEGORY', message }
  }
  if (event.amount?.amount_minor === 0) return nothing
  return { kind: 'entry', entry: journalEntry(input, posting, context) }
}

function amountProblem(
  input: LedgerEvent,
  rule: PostingRule,
  { isCurrency, minorDigitsOf }: LedgerContext,
): string | null {
  const { amount, attributes, event_type: type } = input.event
  if (amount === null) {
    const problem = unreadAmount(attributes, minorDigitsOf)
    return problem === null ? null : `no valid amount of ${type}: ${problem}`
  }
  if (!Number.isSafeInteger(amount.amount_minor)) return `the amount of ${type} is not an integer`
  // The mapper gives none; an event that was mended by hand may.
  if (!isCurrency(amount.currency)) return `the currency of ${type} is not in ISO 4217`
  if (amount.amount_minor < 0 && rule.negative === 'refuse')
    return `the amount of ${type} is negative`
  return null
}

function journalEntry(input: LedgerEvent, posting: Posting, context: LedgerContext): JournalEntry {
  const { event } = input
  const period = monthOfMicros(event.effective_at)
  return {
    entry_id: entryId(input, context),
    status: event.amount === null ? 'AWAITING_AMOUNT' : 'BOOKED',
    tenant_id: event.tenant_id,
    subaccount_id: event.subaccount_id,
    category: posting.category,
    event_id: event.event_id,
    event_type: event.event_type,
    resource: event.resource,
    refund_of: input.domain === 'billing' ? input.event.refund_of : null,
    currency: event.amount?.currency ?? null,
    occurred_at: event.occurred_at,
    processed_at: context.nowMicros,
    period,
    posted_period: period,
    late: event.disposition === 'SUPERSEDED',
    lines: event.amount === null ? [] : balancedLines(posting, event.amount),
    origin: context.origin,
    chart_version: context.chart.version,
    sequence: null,
    completes: null,
    charge_entry_id: null,
    excess_minor: null,
  }
}

/** Two lines over the same positive amount, so debits equal credits by construction. */
function balancedLines(posting: Posting, amount: Money): Line[] {
  const amountMinor = Math.abs(amount.amount_minor)
  const swapped = amount.amount_minor < 0
  const debit = swapped ? posting.credit : posting.debit
  const credit = swapped ? posting.debit : posting.credit
  return [
    { account: debit, side: 'DEBIT', amount_minor: amountMinor },
    { account: credit, side: 'CREDIT', amount_minor: amountMinor },
  ]
}

/** The same event always gives the same id: consumers upsert by it and never book twice. */
function entryId(input: LedgerEvent, context: LedgerContext): string {
  const { tenant_id: tenantId, source, event_id: eventId } = input.event
  const identity = JSON.stringify(['accounting', tenantId, source, context.key, eventId])
  return context.sha256Hex(identity).slice(0, 32)
}
