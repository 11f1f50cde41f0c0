// What the accounting sink must have booked for each event: at most one entry, two lines. No code of the
// sink is used.

import type { CommonEvent } from '../../../packages/cli/src/verify/evidence.ts'

export type LedgerEvent = CommonEvent & {
  amount?: { amount_minor: number; currency: string } | null
  category?: string | null
}

export interface WantedEntry {
  category: string
  currency: string | null
  /** `account side amount` of each line. */
  lines: readonly string[]
}

export type WantedBooking =
  { kind: 'nothing' } | { kind: 'entry'; entry: WantedEntry } | { kind: 'refused'; code: string }

const clearing = 'assets:clearing'
const receivable = 'assets:receivable'
const chargeAccounts: Readonly<Record<string, string>> = {
  rental_charge: 'revenue:rental',
  surcharge: 'revenue:surcharge',
  fee: 'revenue:fee',
  adjustment: 'revenue:adjustment',
  violation_recovery: receivable,
  claim_recovery: receivable,
}

export function wantedBooking(event: LedgerEvent): WantedBooking {
  const { event_type: type, attributes } = event
  const amount = event.amount ?? null
  const booked = accountsOf(event)
  if (booked === null || event.mode === 'TEST') return { kind: 'nothing' }
  const isUnread = ['data.amount', 'data.amount_minor'].some(name => name in attributes)
  const isRefused =
    (amount === null && isUnread) ||
    (amount !== null && amount.amount_minor < 0 && type !== 'billing.adjustment_posted')
  if (isRefused) return { kind: 'refused', code: 'BAD_AMOUNT' }
  const isRecognition = !type.startsWith('billing.')
  if (amount === null && isRecognition) return { kind: 'nothing' }
  if (booked.credit === undefined) return { kind: 'refused', code: 'BAD_CATEGORY' }
  if (amount?.amount_minor === 0) return { kind: 'nothing' }
  const { category } = booked
  if (amount === null) return { kind: 'entry', entry: { category, currency: null, lines: [] } }
  const isSwapped = amount.amount_minor < 0
  const [debit, credit] = isSwapped ? [booked.credit, booked.debit] : [booked.debit, booked.credit]
  const minor = Math.abs(amount.amount_minor)
  const lines = [`${debit} DEBIT ${minor}`, `${credit} CREDIT ${minor}`]
  return { kind: 'entry', entry: { category, currency: amount.currency, lines } }
}

interface Booked {
  category: string
  debit: string
  credit: string | undefined
}

function accountsOf({ event_type: type, category }: LedgerEvent): Booked | null {
  switch (type) {
    case 'billing.charge_succeeded': {
      const given = category ?? 'rental_charge'
      return { category: given, debit: clearing, credit: chargeAccounts[given] }
    }
    case 'billing.refund_processed':
      return { category: 'refund', debit: 'contra:refunds', credit: clearing }
    case 'billing.adjustment_posted':
      return { category: 'adjustment', debit: clearing, credit: 'revenue:adjustment' }
    case 'violation.charged':
      return { category: 'violation_recovery', debit: receivable, credit: 'recovery:violation' }
    case 'incident.claim_resolved':
      return { category: 'claim_recovery', debit: receivable, credit: 'recovery:claim' }
    default:
      return null
  }
}
