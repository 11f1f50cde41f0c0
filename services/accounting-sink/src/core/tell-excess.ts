// What alerting is told of refunds beyond their charge: once when it grows, once when it shrinks, in the
// transaction that books what made it so. What was told is remembered with the resource, so that what comes
// again tells nothing.

import type { KnownResource, ToldExcess } from './ledger-memory.ts'
import { excessOfAll, excessOfNamed, isAllCharged } from './named-charges.ts'

export interface ExcessNotice {
  kind: 'REFUND_EXCESS' | 'REFUND_COVERED'
  currency: string
  /** Minor units; what is beyond from now on. */
  minor: number
}

export interface Booked {
  type: string
  currency: string
  minor: number
  /** Day of the partition's stream time. */
  day: number
}

const adjustmentType = 'billing.adjustment_posted'

const nothingTold: ToldExcess = [0, 0]

/** `resource` with what was booked in it; the same object when there is nothing to remember. */
export function tellExcess(
  resource: KnownResource,
  { type, currency, minor, day }: Booked,
): { resource: KnownResource; notice: ExcessNotice | null } {
  const [, firstCharge, sums, awaiting, named = [], told = {}] = resource
  const [before, settledBefore] = told[currency] ?? nothingTold
  const isCertain = isAllCharged(resource)
  const beyond = beyondCharges(resource, currency)
  // An adjustment settles an excess that is there, none that comes after it.
  const settling = type === adjustmentType && before > 0 ? Math.max(0, minor) : 0
  const given = Math.min(settledBefore + settling, Number.MAX_SAFE_INTEGER)
  const settled = isCertain ? Math.min(given, beyond) : given
  const left = Math.max(0, beyond - settled)
  // While the amount of a charge is awaited nobody can tell that charges cover it.
  const excess = isCertain ? left : Math.max(before - settling, left)
  if (excess === before && settled === settledBefore) return { resource, notice: null }
  const kind = excess > before ? 'REFUND_EXCESS' : 'REFUND_COVERED'
  const next: KnownResource = [day, firstCharge, sums, awaiting, named]
  return {
    resource: withTold(next, { ...told, [currency]: [excess, settled] }),
    notice: excess === before ? null : { kind, currency, minor: excess },
  }
}

export function withTold(
  [day, firstCharge, sums, awaiting, named = []]: KnownResource,
  told: KnownResource[5],
): KnownResource {
  const kept = Object.entries(told ?? {}).filter(([, [excess, settled]]) => excess + settled > 0)
  const bare = [day, firstCharge, sums, awaiting, named] as const
  return kept.length === 0 ? bare : [...bare, Object.fromEntries(kept)]
}

/** Of all its charges together, or of those with a name each by itself, whichever is more. */
function beyondCharges(resource: KnownResource, currency: string): number {
  const [, , sums, , named = []] = resource
  const [, refunded] = sums[currency] ?? ['0', '0']
  if (refunded === '0') return 0
  let ofNamed = 0
  for (const charge of named) ofNamed += excessOfNamed(resource, charge, currency) ?? 0
  const most = Math.max(ofNamed, excessOfAll(resource, currency) ?? 0)
  return Math.min(most, Number.MAX_SAFE_INTEGER)
}
