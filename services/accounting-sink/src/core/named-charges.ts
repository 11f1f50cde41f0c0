// The charges of one resource by the name their source gives them: a refund says in `refund_of` which one it
// takes back. What names nothing, or a charge that is not known, is held against the whole resource instead.

import type { JournalEntry } from '@fleet/contracts'

import { excessOf, plus } from './balances.ts'
import type { LedgerEvent } from './ledger-event.ts'
import type { KnownResource, NamedCharge } from './ledger-memory.ts'

export const chargeType = 'billing.charge_succeeded'
export const refundType = 'billing.refund_processed'

/** Of one resource; the oldest beyond these is forgotten, which bounds the size of its record. */
const namedMax = 50

/** The charge an event speaks of, in its source's words. */
export function referenceOf({ domain, event }: LedgerEvent): string | null {
  if (domain !== 'billing') return null
  if (event.event_type === chargeType) return event.charge_id
  return event.event_type === refundType ? event.refund_of : null
}

export function namedCharge(
  [, , , , named = []]: KnownResource,
  reference: string | null,
): NamedCharge | undefined {
  return reference === null ? undefined : named.find(([name]) => name === reference)
}

/** `minor` null: its amount is not known yet. */
export function withNamed(
  resource: KnownResource,
  reference: string | null,
  { entry_id: entryId, event_type: type, currency }: JournalEntry,
  minor: number | null,
): readonly NamedCharge[] {
  const [, , , , named = []] = resource
  if (reference === null) return named
  const isCharge = type === chargeType
  const known = namedCharge(resource, reference)
  const [, firstEntry, sums] = known ?? [reference, null, {}]
  const code = currency ?? ''
  const [charged, refunded] = sums[code] ?? ['0', '0']
  const next: NamedCharge = [
    reference,
    firstEntry ?? (isCharge ? entryId : null),
    minor === null
      ? sums
      : {
          ...sums,
          [code]: isCharge ? [plus(charged, minor), refunded] : [charged, plus(refunded, minor)],
        },
  ]
  if (known !== undefined) return named.map(one => (one === known ? next : one))
  return [...named, next].slice(-namedMax)
}

/**
 * Beyond the charge that is named or beyond all of the resource, whichever is more. Null while nothing is
 * charged, or the amount of a charge that counts is still awaited: then nobody can tell.
 */
export function excessIn(
  resource: KnownResource,
  reference: string | null,
  currency: string,
): number | null {
  const ofResource = excessOfAll(resource, currency)
  const named = namedCharge(resource, reference)
  const ofNamed = named === undefined ? null : excessOfNamed(resource, named, currency)
  return ofNamed === null ? ofResource : Math.max(ofNamed, ofResource ?? 0)
}

/** Something is charged, and no amount of it is still awaited. */
export function isAllCharged([, firstCharge, , awaiting]: KnownResource): boolean {
  return firstCharge !== null && awaiting.every(([, type]) => type !== chargeType)
}

export function excessOfAll(resource: KnownResource, currency: string): number | null {
  return isAllCharged(resource) ? excessOf(...refundedAndCharged(resource[2], currency)) : null
}

export function excessOfNamed(
  [, , , awaiting]: KnownResource,
  [name, chargeEntryId, sums]: NamedCharge,
  currency: string,
): number | null {
  if (chargeEntryId === null) return null
  const isAwaited = awaiting.some(
    ([, type, reference]) => type === chargeType && speakOfOne(reference, name),
  )
  return isAwaited ? null : excessOf(...refundedAndCharged(sums, currency))
}

function refundedAndCharged(
  sums: KnownResource[2],
  currency: string,
): [refunded: string, charged: string] {
  const [charged, refunded] = sums[currency] ?? ['0', '0']
  return [refunded, charged]
}

/** A reference that is missing may be any. */
export function speakOfOne(left: string | null | undefined, right: string | null): boolean {
  return (left ?? null) === null || right === null || left === right
}
