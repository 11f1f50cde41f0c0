// The ledger: each live event that moves money is booked exactly once, by a table of its own; every entry
// balances; what cannot be booked is a dead letter.

import { topics } from '@fleet/contracts'
import type { BillingEvent, DeadLetter, JournalEntry } from '@fleet/contracts'

import { inputsOf } from '../world/stage-inputs.ts'
import { placeOf } from './history.ts'
import type { History, Violation } from './history.ts'

type Expected = { kind: 'entry'; debit: string; credit: string; minor: number | null } | 'refused'

export function judgeLedger(history: History): Violation[] {
  const violations: Violation[] = []
  const complain = (rule: string, detail: string): void => {
    violations.push({ rule, detail: `ledger: ${detail}` })
  }
  const booked = new Map<string, JournalEntry>()
  const ids = new Map<string, string>()
  for (const entry of history.allCommitted(topics.accounting)) {
    const value = history.value<JournalEntry>(topics.accounting, entry)
    if (value === null) continue
    // Beyond the window an event may be published, and then booked, again: under the id it had.
    const identity = JSON.stringify([value.resource, value.event_id])
    const other = ids.get(value.entry_id) ?? identity
    if (other !== identity) complain('wrong-content', `${value.entry_id} for two events`)
    ids.set(value.entry_id, identity)
    booked.set(placeOf(value.origin), value)
    if (balanceOf(value) !== 0) complain('unbalanced', placeOf(entry.record))
  }
  const refused = new Set<string>()
  const { 'accounting-sink': letters } = topics.deadLetters
  for (const entry of history.allCommitted(letters)) {
    const letter = history.value<DeadLetter>(letters, entry)
    if (letter !== null) refused.add(placeOf(letter.origin))
  }
  for (const topic of inputsOf['accounting-sink']) {
    for (const entry of history.allCommitted(topic)) {
      const place = placeOf(entry.record)
      const event = history.value<BillingEvent>(topic, entry)
      const expected = event === null ? null : expectedOf(event)
      const is = booked.get(place)
      booked.delete(place)
      if (expected === 'refused') {
        if (!refused.delete(place)) complain('lost-write', `${place} had to be refused`)
        if (is !== undefined) complain('wrong-verdict', `${place} was booked`)
      } else if (expected === null) {
        if (is !== undefined) complain('wrong-verdict', `${place} was booked`)
      } else if (is === undefined) {
        complain('lost-write', `${place} was not booked`)
      } else if (!fits(is, expected)) {
        complain('wrong-content', `${place}: ${JSON.stringify(is.lines)}`)
      }
    }
  }
  for (const place of booked.keys()) complain('aborted-read', `booked ${place}, which is no event`)
  for (const place of refused) complain('wrong-verdict', `refused ${place}`)
  return violations
}

function balanceOf({ lines }: JournalEntry): number {
  return lines.reduce(
    (sum, { side, amount_minor }) => sum + (side === 'DEBIT' ? amount_minor : -amount_minor),
    0,
  )
}

function fits(
  entry: JournalEntry,
  { debit, credit, minor }: Exclude<Expected, 'refused'>,
): boolean {
  if (minor === null) return entry.status === 'AWAITING_AMOUNT' && entry.lines.length === 0
  const wanted = minor > 0 ? [debit, credit] : [credit, debit]
  const is = ['DEBIT', 'CREDIT'].map(
    side =>
      entry.lines.find(line => line.side === side && line.amount_minor === Math.abs(minor))
        ?.account,
  )
  return entry.status === 'BOOKED' && is[0] === wanted[0] && is[1] === wanted[1]
}

const clearing = 'assets:clearing'
const receivable = 'assets:receivable'
const chargeCredits: Readonly<Record<string, string>> = {
  rental_charge: 'revenue:rental',
  fee: 'revenue:fee',
  surcharge: 'revenue:surcharge',
  violation_recovery: receivable,
}

/** Null: moves no money. */
function expectedOf(event: BillingEvent): Expected | null {
  const { event_type: type, amount, attributes } = event
  if (event.mode === 'TEST') return null
  const accounts = accountsOf(event)
  if (accounts === null) return null
  const minor = amount?.amount_minor ?? null
  const isUnread = 'data.amount' in attributes || 'data.amount_minor' in attributes
  if (minor === null && isUnread) return 'refused'
  if (minor !== null && minor < 0 && type !== 'billing.adjustment_posted') return 'refused'
  if (minor === null && !type.startsWith('billing.')) return null
  if (accounts.credit === undefined) return 'refused'
  if (minor === 0) return null
  return { kind: 'entry', debit: accounts.debit, credit: accounts.credit, minor }
}

function accountsOf(event: BillingEvent): { debit: string; credit: string | undefined } | null {
  switch (event.event_type) {
    case 'billing.charge_succeeded':
      return { debit: clearing, credit: chargeCredits[event.category ?? 'rental_charge'] }
    case 'billing.refund_processed':
      return { debit: 'contra:refunds', credit: clearing }
    case 'billing.adjustment_posted':
      return { debit: clearing, credit: 'revenue:adjustment' }
    case 'violation.charged':
      return { debit: receivable, credit: 'recovery:violation' }
    case 'incident.claim_resolved':
      return { debit: receivable, credit: 'recovery:claim' }
    default:
      return null
  }
}
