// An event against what the ledger remembers: booked once, in an open period, completing the entry that
// awaited its amount, a refund held against its charge. Everything known about a resource is in its own
// partition, so this needs nobody else.

import type { JournalEntry } from '@fleet/contracts'

import { addLines, plus } from './balances.ts'
import type { LedgerEvent } from './ledger-event.ts'
import { change } from './ledger-memory.ts'
import type {
  AwaitingEntry,
  KnownEntry,
  KnownResource,
  LedgerChange,
  LedgerMemory,
} from './ledger-memory.ts'
import {
  chargeType,
  excessIn,
  namedCharge,
  referenceOf,
  refundType,
  speakOfOne,
  withNamed,
} from './named-charges.ts'
import { openPeriodFor } from './periods.ts'
import { tellExcess, withTold } from './tell-excess.ts'
import type { ExcessNotice } from './tell-excess.ts'
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
  /** `notice` is for alerting. */
  | { kind: 'booked'; entry: JournalEntry; changes: LedgerChange[]; notice: ExcessNotice | null }
  | { kind: 'refused'; code: 'BAD_AMOUNT' | 'BAD_CATEGORY' | 'ENTRY_CONFLICT'; message: string }

/** One resource's awaiting entries beyond these stay as they are; it bounds the size of its record. */
const awaitingMax = 100

export function book(memory: LedgerMemory, input: LedgerEvent, context: BookingContext): Booking {
  const outcome = toJournalEntry(input, context)
  if (outcome.kind !== 'entry') return outcome
  const { entry } = outcome
  const minor = input.event.amount?.amount_minor ?? null
  const known = memory.entry(entry.entry_id)
  if (known !== undefined && (known[3] !== null || minor === null)) {
    if (isSame(known, entry, minor)) return { kind: 'repeated' }
    // What another event brought was not this one's amount after all: its own is booked beside it.
    if (known[4] !== true) return conflict(entry)
  }
  const bare: Bare = { entry, reference: referenceOf(input), known }
  return minor === null
    ? bookAwaiting(memory, bare, context)
    : bookAmount(memory, bare, minor, context)
}

interface Bare {
  entry: JournalEntry
  /** The charge it speaks of. */
  reference: string | null
  /** What is known of this very event. */
  known: KnownEntry | undefined
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
  { entry: bare, reference }: Bare,
  { key, day }: BookingContext,
): Booking {
  const { entry_id: entryId, event_type: type, category } = bare
  const resource = resourceOf(memory, key)
  const [, firstCharge, sums, awaiting, , told] = resource
  const chargeEntryId = firstCharge ?? (type === chargeType ? entryId : null)
  const own: AwaitingEntry = [entryId, type, reference]
  const stillAwaiting = awaiting.length < awaitingMax ? [...awaiting, own] : awaiting
  const named = withNamed(resource, reference, bare, null)
  const { totals } = memory
  const entry = {
    ...posted(memory, bare),
    charge_entry_id: refundedEntry(resource, bare, reference),
    sequence: totals.entries + 1,
  }
  const changes = [
    change.entry(entryId, [day, category, null, null]),
    change.resource(key, withTold([day, chargeEntryId, sums, stillAwaiting, named], told)),
    change.totals({ ...totals, entries: totals.entries + 1, awaiting: totals.awaiting + 1 }),
  ]
  return { kind: 'booked', entry, changes, notice: null }
}

function bookAmount(
  memory: LedgerMemory,
  given: Bare,
  minor: number,
  { key, day }: BookingContext,
): Booking {
  const { entry: bare, reference } = given
  const { entry_id: entryId, event_type: type, category, tenant_id: tenantId } = bare
  const currency = bare.currency ?? ''
  const resource = resourceOf(memory, key)
  const completed = awaitingFor(resource, given)
  const moved = withAmount(resource, completed, given, minor, day)
  const excess = movesCharge(bare) ? excessIn(moved, reference, currency) : null
  const { resource: next, notice } = tellExcess(moved, { type, currency, minor, day })
  const entry = {
    ...posted(memory, bare),
    completes: completed,
    charge_entry_id: refundedEntry(resource, bare, reference),
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
  if (completed !== null && completed !== entryId) {
    changes.push(change.entry(completed, [day, category, currency, minor, true]))
  }
  if (next !== resource) changes.push(change.resource(key, next))
  return { kind: 'booked', entry, changes, notice }
}

const unknownResource: KnownResource = [0, null, {}, []]

function resourceOf(memory: LedgerMemory, key: string): KnownResource {
  return memory.resource(key) ?? unknownResource
}

function movesCharge({ event_type: type }: JournalEntry): boolean {
  return type === chargeType || type === refundType
}

/** Of a refund: the charge that it names, else the first one of the resource. */
function refundedEntry(
  resource: KnownResource,
  { event_type: type }: JournalEntry,
  reference: string | null,
): string | null {
  if (type !== refundType) return null
  return namedCharge(resource, reference)?.[1] ?? resource[1]
}

/**
 * The entry that awaits this amount: of the same event, else of the same type, the oldest that speaks of the
 * same charge before the oldest that may. An event whose amount was brought for it completes nothing more.
 */
function awaitingFor(
  [, , , awaiting]: KnownResource,
  { entry: { entry_id: entryId, event_type: type }, reference, known }: Bare,
): string | null {
  if (known !== undefined) return known[3] === null ? entryId : null
  const alike = awaiting.filter(([, awaited, name]) => {
    return awaited === type && speakOfOne(name, reference)
  })
  const exact = alike.find(([, , name]) => reference !== null && name === reference)
  return (exact ?? alike[0])?.[0] ?? null
}

/** The same object when there is nothing to remember. */
function withAmount(
  resource: KnownResource,
  completed: string | null,
  { entry, reference }: Bare,
  minor: number,
  day: number,
): KnownResource {
  const { entry_id: entryId, event_type: type, currency } = entry
  const isCharge = type === chargeType
  if (!movesCharge(entry) && completed === null) return resource
  const [, firstCharge, sums, awaiting, , told] = resource
  const code = currency ?? ''
  const [charged, refunded] = sums[code] ?? ['0', '0']
  const next: KnownResource = [
    day,
    firstCharge ?? (isCharge ? entryId : null),
    movesCharge(entry)
      ? {
          ...sums,
          [code]: isCharge ? [plus(charged, minor), refunded] : [charged, plus(refunded, minor)],
        }
      : sums,
    completed === null ? awaiting : awaiting.filter(([id]) => id !== completed),
    withNamed(resource, reference, entry, minor),
  ]
  return withTold(next, told)
}

function posted(memory: LedgerMemory, entry: JournalEntry): JournalEntry {
  const period = openPeriodFor(entry.period, memory.closed(entry.tenant_id))
  return { ...entry, posted_period: period }
}
