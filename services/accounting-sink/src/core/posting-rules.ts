// Which events move money, and between which accounts. Recognition (somebody owes us) and
// settlement (it was paid) are separate entries on purpose: the charge that settles a violation or
// a claim credits the receivable, so that nothing is booked as revenue twice.

import type { BillingEvent } from '@fleet/contracts'

import type { LedgerEvent } from './ledger-event.ts'

type Account =
  | 'assets:clearing'
  | 'assets:receivable'
  | 'revenue:rental'
  | 'revenue:surcharge'
  | 'revenue:fee'
  | 'revenue:adjustment'
  | 'contra:refunds'
  | 'recovery:violation'
  | 'recovery:claim'

/** How a positive amount is booked. A negative adjustment is the same with the sides swapped. */
export interface Posting {
  category: string
  debit: Account
  credit: Account
}

export interface PostingRule {
  /** No amount: `awaiting_amount` books an entry to be completed, `nothing` ignores the event. */
  withoutAmount: 'awaiting_amount' | 'nothing'
  /** Whether a negative amount means something; elsewhere it is BAD_AMOUNT. */
  negativeAllowed: boolean
  /** Null: the event's category is none of ours. */
  posting(input: LedgerEvent): Posting | null
}

const refund: Posting = { category: 'refund', debit: 'contra:refunds', credit: 'assets:clearing' }

const adjustment: Posting = {
  category: 'adjustment',
  debit: 'assets:clearing',
  credit: 'revenue:adjustment',
}

const violationRecognition: Posting = {
  category: 'violation_recovery',
  debit: 'assets:receivable',
  credit: 'recovery:violation',
}

const claimRecognition: Posting = {
  category: 'claim_recovery',
  debit: 'assets:receivable',
  credit: 'recovery:claim',
}

/** What a successful charge credits, by its category. */
const creditOfCharge = new Map<string, Account>([
  ['rental_charge', 'revenue:rental'],
  ['surcharge', 'revenue:surcharge'],
  ['fee', 'revenue:fee'],
  ['adjustment', 'revenue:adjustment'],
  ['violation_recovery', 'assets:receivable'],
  ['claim_recovery', 'assets:receivable'],
])

const settlement = { withoutAmount: 'awaiting_amount', negativeAllowed: false } as const
const recognition = { withoutAmount: 'nothing', negativeAllowed: false } as const

/** A type that is not here moves no money: pre-authorized, failed, disputed, and unknown ones. */
export const postingRules: ReadonlyMap<string, PostingRule> = new Map<string, PostingRule>([
  ['billing.charge_succeeded', { ...settlement, posting: postingOfCharge }],
  ['billing.refund_processed', { ...settlement, posting: () => refund }],
  [
    'billing.adjustment_posted',
    { ...settlement, negativeAllowed: true, posting: () => adjustment },
  ],
  ['violation.charged', { ...recognition, posting: () => violationRecognition }],
  ['incident.claim_resolved', { ...recognition, posting: () => claimRecognition }],
])

function postingOfCharge(input: LedgerEvent): Posting | null {
  const category = input.domain === 'billing' ? chargeCategory(input.event) : null
  const credit = category === null ? undefined : creditOfCharge.get(category)
  if (category === null || credit === undefined) return null
  return { category, debit: 'assets:clearing', credit }
}

/** A missing category is a rental charge; one that was given but is no text is null. */
function chargeCategory(event: BillingEvent): string | null {
  if (event.category !== null) return event.category
  const given = event.attributes['data.category']
  return given === undefined || given === 'null' ? 'rental_charge' : null
}
