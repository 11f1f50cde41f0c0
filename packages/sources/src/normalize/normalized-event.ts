// What a raw record becomes before the processor decides about it: everything of the published event
// that the delivery alone determines.

import type { Domain, Mode, RecordTypes, Resource, UnmappedEvent } from '@fleet/contracts'

import type { Attributes } from '../attributes.ts'

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

/**
 * Its texts may be parts of the body's: whoever keeps one for long copies it, or keeps all of the body.
 * The same holds for the bytes of its attributes.
 */
interface EncodedIn<D extends Domain> {
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
  readonly attributes: Attributes
  /** Unsigned 32-bit; equal for two deliveries of the same content. */
  readonly fingerprint: number
  readonly mapperVersion: string
}

interface NormalizedIn<D extends Domain> extends Omit<EncodedIn<D>, 'attributes'> {
  readonly attributes: Record<string, string>
  /** The same as canonical JSON. */
  readonly attributesJson: string
}

/** As it is published: nothing is made a text that is written as bytes. */
export type EncodedEvent = { [D in Domain]: EncodedIn<D> }[Domain]
/** As it is looked at. */
export type NormalizedEvent = { [D in Domain]: NormalizedIn<D> }[Domain]

export interface Refusal {
  readonly ok: false
  readonly code: 'UNIDENTIFIED' | 'BAD_TIME'
  readonly message: string
}

export type EncodedNormalization = { readonly ok: true; readonly event: EncodedEvent } | Refusal
export type Normalization = { readonly ok: true; readonly event: NormalizedEvent } | Refusal
