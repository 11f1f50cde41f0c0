// What a raw record becomes before the processor decides about it: everything of the published event
// that the delivery alone determines.

import type { Domain, Mode, RecordTypes, Resource, UnmappedEvent } from '@fleet/contracts'

interface RecordNames {
  reservation: 'ReservationEvent'
  rental_session: 'RentalSessionEvent'
  vehicle_availability: 'VehicleAvailabilityEvent'
  incident: 'IncidentEvent'
  violation: 'ViolationEvent'
  billing: 'BillingEvent'
  customer: 'CustomerEvent'
  location: 'LocationEvent'
  vehicle: 'VehicleEvent'
  unmapped: 'UnmappedEvent'
}

/** The fields of a domain's record beyond those every event has. */
export type FieldsOf<D extends Domain> = Omit<RecordTypes[RecordNames[D]], keyof UnmappedEvent>

/** Its texts may be parts of the body's: whoever keeps one for long copies it, or keeps all of the body. */
interface NormalizedIn<D extends Domain> {
  readonly domain: D
  readonly eventId: string
  readonly eventType: string
  readonly source: string
  /** The source's own name of the type, always. */
  readonly sourceEventType: string
  readonly tenantId: string
  readonly subaccountId: string | null
  readonly resource: Resource
  /** Microseconds, UTC; within 2000–2100. */
  readonly occurredAt: number
  readonly mode: Mode
  readonly deliveryAttempt: number | null
  /** Signals have `won` false: whether they win is the processor's decision. */
  readonly fields: FieldsOf<D>
  /** What the source sent and no field holds; values are canonical JSON text. */
  readonly attributes: Record<string, string>
  /** The same as canonical JSON. */
  readonly attributesJson: string
  /** Unsigned 32-bit; equal for two deliveries of the same content. */
  readonly fingerprint: number
  readonly mapperVersion: string
}

export type NormalizedEvent = { [D in Domain]: NormalizedIn<D> }[Domain]

export type Normalization =
  | { readonly ok: true; readonly event: NormalizedEvent }
  | { readonly ok: false; readonly code: 'UNIDENTIFIED' | 'BAD_TIME'; readonly message: string }
