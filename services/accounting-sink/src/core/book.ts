// An event against what the ledger remembers: booked once, in an open period, completing the entry that
// awaited its amount, a refund held against its charge. Everything known about a resource is in its own
// partition, so this needs nobody else.

import type { JournalEntry } from '@fleet/contracts'

import { addLines, excessOf, plus } from './balances.ts'
import type { LedgerEvent } from './ledger-event.ts'
import { change } from './ledger-memory.ts'
import type { KnownEntry, KnownResource, LedgerChange, LedgerMemory } from './ledger-memory.ts'
import { openPeriodFor } from './periods.ts'
import { toJournalEntry } from './to-journal-entry.ts'
import type { LedgerContext } from './to-journal-entry.ts'

export interface BookingContext extends LedgerContext {
  /** Day of the partition's stream time. */
  day: number
}

export type Booking =
  | { kind: 'nothing' }
  /** The event was booked before. */
  | { kind: 'repeated' }
  | { kind: 'booked'; entry: JournalEntry; changes: LedgerChange[] }
  | { kind: 'refused'; code: 'BAD_AMOUNT' | 'BAD_CATEGORY' | 'ENTRY_CONFLICT'; message: string }

const chargeType = 'billing.charge_succeeded'
const refundType = 'billing.refund_processed'

/** One resource's awaiting entries beyond these stay as they are; it bounds the size of its record. */
const awaitingMax = 100

export function book(memory: LedgerMemory, input: LedgerEvent, context: BookingContext): Booking {
  const outcome = toJournalEntry(input, context)
  if (outcome.kind !== 'entry') return outcome
  const { entry } = outcome
  const minor = input.event.amount?.amount_minor ?? null
  const known = memory.entry(entry.entry_id)
  if (known !== undefined && (known[3] !== null || minor === null)) {
    return isSame(known, entry, minor) ? { kind: 'repeated' } : conflict(entry)
  }
  return minor === null
    ? bookAwaiting(memory, entry, context)
    : bookAmount(memory, entry, minor, context)
}

/** Without an amount it says no more than what is known. */
function isSame(known: KnownEntry, entry: JournalEntry, minor: number | null): boolean {
  const [, category, currency, knownMinor] = known
  if (minor === null) return true
  return category === entry.category && currency === entry.currency && knownMinor === minor
}

function conflict({ event_id: id, entry_id: entryId }: JournalEntry): Booking {
  const message = `event ${id} was booked as ${entryId} with another amount or category`
  return { kind: 'refused', code: 'ENTRY_CONFLICT', message }
}

function bookAwaiting(
  memory: LedgerMemory,
  bare: JournalEntry,
  { key, day }: BookingContext,
): Booking {
  const { entry_id: entryId, event_type: type, category } = bare
  const [, firstCharge, sums, awaiting] = resourceOf(memory, key)
  const chargeEntryId = firstCharge ?? (type === chargeType ? entryId : null)
  const stillAwaiting =
    awaiting.length < awaitingMax ? [...awaiting, [entryId, type] as const] : awaiting
  const { totals } = memory
  const entry = {
    ...posted(memory, bare),
    charge_entry_id: type === refundType ? firstCharge : null,
    sequence: totals.entries + 1,
  }
  const changes = [
    change.entry(entryId, [day, category, null, null]),
    change.resource(key, [day, chargeEntryId, sums, stillAwaiting]),
    change.totals({ ...totals, entries: totals.entries + 1, awaiting: totals.awaiting + 1 }),
  ]
  return { kind: 'booked', entry, changes }
}

function bookAmount(
  memory: LedgerMemory,
  bare: JournalEntry,
  minor: number,
  { key, day }: BookingContext,
): Booking {
  const { entry_id: entryId, event_type: type, category, tenant_id: tenantId } = bare
  const currency = bare.currency ?? ''
  const resource = resourceOf(memory, key)
  const completed = awaitingFor(memory, resource, bare)
  const next = withAmount(resource, completed, bare, minor, day)
  const excess = type === chargeType || type === refundType ? excessIn(next, currency) : null
  const entry = {
    ...posted(memory, bare),
    completes: completed,
    charge_entry_id: type === refundType ? resource[1] : null,
    excess_minor: excess,
    sequence: memory.totals.entries + 1,
  }
  const { totals } = memory
  const { posted_period: period } = entry
  const booked: KnownEntry = [day, category, currency, minor]
  const changes = [
    change.entry(entryId, booked),
    change.balance(
      tenantId,
      period,
      currency,
      addLines(memory.balance(tenantId, period, currency), entry.lines),
    ),
    change.totals({
      entries: totals.entries + 1,
      awaiting: totals.awaiting - (completed === null ? 0 : 1),
      excesses: totals.excesses + (excess === null ? 0 : 1),
    }),
  ]
  // The entry it completes says from now on what this one says: its event, sent again, is a repetition.
  if (completed !== null && completed !== entryId) changes.push(change.entry(completed, booked))
  if (next !== resource) changes.push(change.resource(key, next))
  return { kind: 'booked', entry, changes }
}

const unknownResource: KnownResource = [0, null, {}, []]

function resourceOf(memory: LedgerMemory, key: string): KnownResource {
  return memory.resource(key) ?? unknownResource
}

/** The entry that awaits this amount: of the same event, else the oldest of the same type. */
function awaitingFor(
  memory: LedgerMemory,
  [, , , awaiting]: KnownResource,
  { entry_id: entryId, event_type: type }: JournalEntry,
): string | null {
  if (memory.entry(entryId) !== undefined) return entryId
  return awaiting.find(([, awaitedType]) => awaitedType === type)?.[0] ?? null
}

/** The same object when there is nothing to remember. */
function withAmount(
  resource: KnownResource,
  completed: string | null,
  { entry_id: entryId, event_type: type, currency }: JournalEntry,
  minor: number,
  day: number,
): KnownResource {
  const isCharge = type === chargeType
  const isRefund = type === refundType
  if (!isCharge && !isRefund && completed === null) return resource
  const [, firstCharge, sums, awaiting] = resource
  const code = currency ?? ''
  const [charged, refunded] = sums[code] ?? ['0', '0']
  return [
    day,
    firstCharge ?? (isCharge ? entryId : null),
    isCharge || isRefund
      ? {
          ...sums,
          [code]: isCharge ? [plus(charged, minor), refunded] : [charged, plus(refunded, minor)],
        }
      : sums,
    completed === null ? awaiting : awaiting.filter(([id]) => id !== completed),
  ]
}

/** Null while nothing is charged, or the amount of a charge is still awaited: then nobody can tell. */
function excessIn([, firstCharge, sums, awaiting]: KnownResource, currency: string): number | null {
  if (firstCharge === null || awaiting.some(([, type]) => type === chargeType)) return null
  const [charged, refunded] = sums[currency] ?? ['0', '0']
  return excessOf(refunded, charged)
}

function posted(memory: LedgerMemory, entry: JournalEntry): JournalEntry {
  const period = openPeriodFor(entry.period, memory.closed(entry.tenant_id))
  return { ...entry, posted_period: period }
}
