// From a source's event type to ours, and to the domain it is published in. The table is part of the
// mapper's version: a changed row takes a new `mapperVersion` and a line in MAPPINGS.md.

import { domains } from '@fleet/contracts'
import type { Domain } from '@fleet/contracts'
import type { Adapter } from './endpoint.ts'

export interface MappedType {
  readonly domain: Domain
  readonly eventType: string
}

const actions: Readonly<Record<Domain, string>> = {
  reservation: 'created updated canceled no_show accepted refused',
  rental_session: 'checkin_started active extended completed canceled expired checkout_started',
  vehicle_availability: 'window_blocked window_released calendar_conflict',
  incident: 'reported damage_reported claim_opened claim_resolved',
  violation: 'matched disputed charged',
  billing:
    'payment_pre_authorized charge_succeeded charge_failed refund_processed adjustment_posted',
  customer: 'created updated deleted',
  location: 'created updated deleted',
  vehicle: 'state_reported signal_failed error_resolved command_failed reauthentication_required',
  unmapped: '',
}

/** Every event type we have a name for. */
export const knownEventTypes: ReadonlyMap<string, Domain> = new Map(
  domains.flatMap(domain =>
    actions[domain]
      .split(' ')
      .filter(action => action !== '')
      .map(action => [`${domain}.${action}`, domain] as const),
  ),
)

const genericAliases: ReadonlyMap<string, string> = new Map([
  ['claim.opened', 'incident.claim_opened'],
  ['claim.resolved', 'incident.claim_resolved'],
])

const umpTypes: ReadonlyMap<string, string> = new Map([
  ['booking_created', 'reservation.created'],
  ['booking_updated', 'reservation.updated'],
  ['booking_cancelled', 'reservation.canceled'],
  ['booking_accepted', 'reservation.accepted'],
  ['booking_refused', 'reservation.refused'],
  ['rental_started', 'rental_session.active'],
  ['rental_extended', 'rental_session.extended'],
  ['rental_closed', 'rental_session.completed'],
  ['rental_incident', 'incident.reported'],
  ['payment_pre_authorized', 'billing.payment_pre_authorized'],
  ['payment_captured', 'billing.charge_succeeded'],
  ['payment_failed', 'billing.charge_failed'],
  ['payment_refunded', 'billing.refund_processed'],
  ['customer_created', 'customer.created'],
  ['customer_updated', 'customer.updated'],
  ['customer_deleted', 'customer.deleted'],
  ['location_created', 'location.created'],
  ['location_updated', 'location.updated'],
  ['location_deleted', 'location.deleted'],
])

const none: ReadonlyMap<string, string> = new Map()

/** What an adapter's own names mean; our names are understood from every source. */
const typesOf: Readonly<Record<Adapter, ReadonlyMap<string, string>>> = {
  generic: genericAliases,
  'standard-webhooks': genericAliases,
  ump: umpTypes,
  // Smartcar's types depend on what the delivery contains: normalize/vehicle-type.ts.
  smartcar: none,
}

/** An unknown type keeps its name, in the domain its first word names. */
export function mapEventType(adapter: Adapter, sourceType: string): MappedType {
  const eventType = typesOf[adapter].get(sourceType) ?? sourceType
  const domain = knownEventTypes.get(eventType)
  return domain === undefined
    ? { domain: domainOfUnknown(sourceType), eventType: sourceType }
    : { domain, eventType }
}

const dottedPrefixes: ReadonlyMap<string, Domain> = new Map([
  ...domains.map(domain => [domain, domain] as const),
  ['claim', 'incident'],
])

// Longest first: `vehicle_availability_moved` is not about a vehicle.
const snakePrefixes: readonly (readonly [string, Domain])[] = [
  ...domains.map(domain => [domain, domain] as const),
  ['booking', 'reservation'] as const,
  ['rental', 'rental_session'] as const,
  ['payment', 'billing'] as const,
].toSorted(([left], [right]) => right.length - left.length)

function domainOfUnknown(sourceType: string): Domain {
  const dot = sourceType.indexOf('.')
  const dotted = dot < 0 ? undefined : dottedPrefixes.get(sourceType.slice(0, dot))
  if (dotted !== undefined) return dotted
  return snakePrefixes.find(([prefix]) => sourceType.startsWith(`${prefix}_`))?.[1] ?? 'unmapped'
}
