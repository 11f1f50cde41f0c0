// When a signal was measured. Each has a time of its own: last write wins per signal, not per event.

import { eventTimeOf } from '../envelope.ts'
import type { Json } from '../strict-json.ts'
import { member } from '../strict-json.ts'

/** In this order: the maker's time first, then when it was fetched. */
const timeNames = ['oemUpdatedAt', 'retrievedAt', 'fetchedAt'] as const

/**
 * Microseconds: by the item's `meta` (or the item itself), else the timestamp of the item, else that of
 * its vehicle. Null when none of them is a usable time.
 */
export function observedAt(item: Json, vehicle: Json | undefined): number | null {
  const meta = member(item, 'meta')
  for (const name of timeNames) {
    const micros = eventTimeOf(member(meta, name)) ?? eventTimeOf(member(item, name))
    if (micros !== null) return micros
  }
  return eventTimeOf(member(item, 'timestamp')) ?? eventTimeOf(member(vehicle, 'timestamp'))
}

/** The greatest time of the items; null when none has one. */
export function newestObservedAt(items: readonly Json[], vehicle: Json | undefined): number | null {
  let newest: number | null = null
  for (const item of items) {
    const micros = observedAt(item, vehicle)
    if (micros !== null && (newest === null || micros > newest)) newest = micros
  }
  return newest
}
