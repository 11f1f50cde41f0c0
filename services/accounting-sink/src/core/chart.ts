// A chart of accounts with its posting rules: which events move money, and between which accounts.
// Recognition (somebody owes us) and settlement (it was paid) are separate entries on purpose: the charge
// that settles a violation or a claim credits the receivable, so that nothing is booked as revenue twice.

import type { BillingEvent } from '@fleet/contracts'

import type { LedgerEvent } from './ledger-event.ts'

export const accountTypes = [
  'asset',
  'liability',
  'equity',
  'revenue',
  'contra_revenue',
  'recovery',
  'expense',
] as const
export type AccountType = (typeof accountTypes)[number]

/** How a positive amount is booked. A negative one, where it may be, is the same with sides swapped. */
export interface Posting {
  readonly category: string
  readonly debit: string
  readonly credit: string
}

export interface PostingRule {
  /** `of_event`: the event says under which category; `fixed`: there is one posting, whatever it says. */
  readonly category: 'of_event' | 'fixed'
  /** Only with `of_event`: the category of an event without one. */
  readonly categoryIfMissing: string | null
  /** No amount: `await` books an entry to be completed, `ignore` moves no money. */
  readonly withoutAmount: 'await' | 'ignore'
  /** A negative amount: `swap_sides`, or it is BAD_AMOUNT. */
  readonly negative: 'swap_sides' | 'refuse'
  /** By category. */
  readonly postings: ReadonlyMap<string, Posting>
}

export interface Chart {
  /** Named on every entry booked by it; what it stands for must never change. */
  readonly version: string
  readonly accounts: ReadonlyMap<string, AccountType>
  /** By event type. A type that is not here moves no money. */
  readonly rules: ReadonlyMap<string, PostingRule>
  /** Of its text: the same version with another digest was changed, which nobody may do. */
  readonly digest: string
}

export interface Charts {
  /** What a ledger begins with. Others are switched to by a control record. */
  readonly initialVersion: string
  readonly byVersion: ReadonlyMap<string, Chart>
}

/** Null: the event's category is none of the rule's. */
export function postingOf(rule: PostingRule, input: LedgerEvent): Posting | null {
  const [only] = rule.postings.values()
  if (rule.category === 'fixed') return only ?? null
  const category = input.domain === 'billing' ? categoryOf(input.event, rule) : null
  return category === null ? null : (rule.postings.get(category) ?? null)
}

/** One that was given but is no text is null. */
function categoryOf(event: BillingEvent, rule: PostingRule): string | null {
  if (event.category !== null) return event.category
  const given = event.attributes['data.category']
  return given === undefined || given === 'null' ? rule.categoryIfMissing : null
}
