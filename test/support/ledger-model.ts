// The ledger as plainly as possible, to hold the real one against: every event of a resource is kept, sums
// are big integers, nothing is forgotten. No code and no table of the accounting sink is used.

import { createHash } from 'node:crypto'

import type { BillingEvent, JournalEntry } from '@fleet/contracts'

/** What all events that may move money have, and those fields that only some have. */
export type MoneyEvent = Pick<
  BillingEvent,
  | 'event_id'
  | 'event_type'
  | 'source'
  | 'tenant_id'
  | 'effective_at'
  | 'mode'
  | 'disposition'
  | 'attributes'
> &
  Partial<Pick<BillingEvent, 'category' | 'charge_id' | 'refund_of' | 'amount'>>

export interface ModelEntry {
  entryId: string
  status: 'BOOKED' | 'AWAITING_AMOUNT'
  tenant: string
  category: string
  currency: string | null
  /** `account SIDE amount` of each line. */
  lines: readonly string[]
  period: string
  postedPeriod: string
  late: boolean
  completes: string | null
  chargeEntryId: string | null
  excess: bigint | null
}

export type ModelOutcome =
  | { kind: 'nothing' }
  | { kind: 'repeated' }
  | { kind: 'refused'; code: string }
  | { kind: 'entry'; entry: ModelEntry }

interface Fact {
  entryId: string
  type: string
  category: string
  currency: string | null
  minor: number | null
  /** Another entry brought its amount; it is its answer from then on. */
  answered: boolean
  /** The charge it is about, as its source names it. */
  about: string | null
}

type Booking = Omit<Fact, 'type' | 'answered' | 'about'>

const clearing = 'assets:clearing'
const receivable = 'assets:receivable'
const creditOfCharge: Readonly<Record<string, string>> = {
  rental_charge: 'revenue:rental',
  surcharge: 'revenue:surcharge',
  fee: 'revenue:fee',
  adjustment: 'revenue:adjustment',
  violation_recovery: receivable,
  claim_recovery: receivable,
}
const charge = 'billing.charge_succeeded'
const refund = 'billing.refund_processed'

export class LedgerModel {
  readonly #facts = new Map<string, Fact>()
  readonly #byResource = new Map<string, Fact[]>()
  readonly #closed = new Map<string, string>()

  close(tenant: string, period: string): void {
    if ((this.#closed.get(tenant) ?? '') < period) this.#closed.set(tenant, period)
  }

  /** Events of one resource must come in the order of their partition. */
  take(key: string, event: MoneyEvent): ModelOutcome {
    const accounts = accountsOf(event)
    if (accounts === null || event.mode === 'TEST') return { kind: 'nothing' }
    const minor = event.amount?.amount_minor ?? null
    if (isBadAmount(event)) return { kind: 'refused', code: 'BAD_AMOUNT' }
    if (minor === null && !event.event_type.startsWith('billing.')) return { kind: 'nothing' }
    const { debit, credit, category } = accounts
    if (credit === undefined) return { kind: 'refused', code: 'BAD_CATEGORY' }
    if (minor === 0) return { kind: 'nothing' }
    const entryId = entryIdOf(key, event)
    const currency = event.amount?.currency ?? null
    const fact = { entryId, category, currency, minor }
    const again = this.#repetition(fact)
    if (again !== null) return again
    const entry = this.#add(key, event, fact)
    if (minor !== null) {
      const [to, from] = minor < 0 ? [credit, debit] : [debit, credit]
      entry.lines = [`${to} DEBIT ${Math.abs(minor)}`, `${from} CREDIT ${Math.abs(minor)}`]
    }
    return { kind: 'entry', entry }
  }

  /** Null: it was not booked before, or awaits just this amount. */
  #repetition({ entryId, category, currency, minor }: Booking): ModelOutcome | null {
    const before = this.#facts.get(entryId)
    if (before === undefined || (before.minor === null && minor !== null)) return null
    const isSame =
      minor === null ||
      (before.minor === minor && before.currency === currency && before.category === category)
    if (isSame) return { kind: 'repeated' }
    // The answer was of another event: this one says what it really is.
    return before.answered ? null : { kind: 'refused', code: 'ENTRY_CONFLICT' }
  }

  #add(key: string, event: MoneyEvent, booking: Booking): ModelEntry {
    const { event_type: type, tenant_id: tenant, effective_at, disposition } = event
    const { entryId, category, currency, minor } = booking
    const about = aboutOf(event)
    const facts = this.#byResource.get(key) ?? []
    this.#byResource.set(key, facts)
    const charges = facts.filter(fact => fact.type === charge)
    const isNamed = (fact: Fact): boolean => about !== null && fact.about === about
    const refunded = charges.find(isNamed) ?? charges[0]
    const own = facts.find(fact => fact.entryId === entryId)
    const awaited = minor === null ? undefined : awaitedBy(facts, own, type, about)
    if (awaited !== undefined) {
      // Its own event, should it come again, is measured by this amount.
      awaited.answered = true
      this.#facts.set(awaited.entryId, { ...awaited, category, currency, minor })
    }
    const fact = { entryId, type, category, currency, minor, answered: false, about }
    facts.push(fact)
    this.#facts.set(entryId, fact)
    const period = new Date(effective_at / 1000).toISOString().slice(0, 7)
    return {
      entryId,
      status: minor === null ? 'AWAITING_AMOUNT' : 'BOOKED',
      tenant,
      category,
      currency,
      lines: [],
      period,
      postedPeriod: this.#openPeriod(tenant, period),
      late: disposition === 'SUPERSEDED',
      completes: awaited?.entryId ?? null,
      chargeEntryId: type === refund ? (refunded?.entryId ?? null) : null,
      excess:
        minor !== null && (type === charge || type === refund)
          ? excessOf(facts, about, currency)
          : null,
    }
  }

  #openPeriod(tenant: string, period: string): string {
    const closed = this.#closed.get(tenant)
    if (closed === undefined || period > closed) return period
    const [year = 0, month = 0] = closed.split('-').map(Number)
    return new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 7)
  }
}

/** The fact that this amount answers: its own, else of its type, best one about the same charge. */
function awaitedBy(
  facts: readonly Fact[],
  own: Fact | undefined,
  type: string,
  about: string | null,
): Fact | undefined {
  if (own !== undefined) return own.answered ? undefined : own
  const open = facts.filter(fact => fact.type === type && fact.minor === null && !fact.answered)
  const same = open.filter(fact => about !== null && fact.about === about)
  const unsaid = open.filter(fact => about === null || fact.about === null)
  return same[0] ?? unsaid[0]
}

function aboutOf({ event_type: type, charge_id, refund_of }: MoneyEvent): string | null {
  if (type === charge) return charge_id ?? null
  return type === refund ? (refund_of ?? null) : null
}

/** The larger of what is refunded beyond this one charge and beyond all of the resource. */
function excessOf(
  facts: readonly Fact[],
  about: string | null,
  currency: string | null,
): bigint | null {
  const named = facts.filter(fact => about !== null && fact.about === about)
  const unsaid = facts.filter(fact => fact.about === null)
  const some = [beyond(facts, facts, currency), beyond(named, [...named, ...unsaid], currency)]
  return some.reduce((most, one) => (one !== null && one > (most ?? 0n) ? one : most), null)
}

/** Null when there are none, or a charge that may be among them is not fully known. */
function beyond(
  facts: readonly Fact[],
  mayBe: readonly Fact[],
  currency: string | null,
): bigint | null {
  if (!facts.some(({ type }) => type === charge)) return null
  if (mayBe.some(fact => fact.type === charge && fact.minor === null && !fact.answered)) return null
  const sum = (of: string): bigint =>
    facts
      .filter(fact => fact.type === of && fact.currency === currency)
      .reduce((all, { minor }) => all + BigInt(minor ?? 0), 0n)
  const excess = sum(refund) - sum(charge)
  return excess > 0n ? excess : null
}

/** Given and not readable, or negative where it may not be. */
function isBadAmount({ event_type: type, amount, attributes }: MoneyEvent): boolean {
  if (amount !== null && amount !== undefined) {
    return amount.amount_minor < 0 && type !== 'billing.adjustment_posted'
  }
  return ['data.amount', 'data.amount_minor'].some(name => (attributes[name] ?? 'null') !== 'null')
}

function accountsOf({
  event_type: type,
  category,
  attributes,
}: MoneyEvent): { debit: string; credit: string | undefined; category: string } | null {
  switch (type) {
    case charge: {
      const isOdd = category === null && (attributes['data.category'] ?? 'null') !== 'null'
      const given = isOdd ? '' : (category ?? 'rental_charge')
      const credit = Object.hasOwn(creditOfCharge, given) ? creditOfCharge[given] : undefined
      return { debit: clearing, credit, category: given }
    }
    case refund:
      return { debit: 'contra:refunds', credit: clearing, category: 'refund' }
    case 'billing.adjustment_posted':
      return { debit: clearing, credit: 'revenue:adjustment', category: 'adjustment' }
    case 'violation.charged':
      return { debit: receivable, credit: 'recovery:violation', category: 'violation_recovery' }
    case 'incident.claim_resolved':
      return { debit: receivable, credit: 'recovery:claim', category: 'claim_recovery' }
    default:
      return null
  }
}

function entryIdOf(key: string, { tenant_id, source, event_id }: MoneyEvent): string {
  const identity = JSON.stringify(['accounting', tenant_id, source, key, event_id])
  return createHash('sha256').update(identity).digest('hex').slice(0, 32)
}

/** The same shape of what the ledger really wrote. */
export function asModelEntry(entry: JournalEntry): ModelEntry {
  return {
    entryId: entry.entry_id,
    status: entry.status === 'BOOKED' ? 'BOOKED' : 'AWAITING_AMOUNT',
    tenant: entry.tenant_id,
    category: entry.category,
    currency: entry.currency,
    lines: entry.lines.map(
      ({ account, side, amount_minor: minor }) => `${account} ${side} ${minor}`,
    ),
    period: entry.period,
    postedPeriod: entry.posted_period,
    late: entry.late,
    completes: entry.completes,
    chargeEntryId: entry.charge_entry_id,
    excess: entry.excess_minor === null ? null : BigInt(entry.excess_minor),
  }
}
