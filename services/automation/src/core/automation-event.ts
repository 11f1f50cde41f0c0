// The normalized events automation takes, each with the domain its topic stands for.

import type {
  BillingEvent,
  IncidentEvent,
  RentalSessionEvent,
  ReservationEvent,
  VehicleAvailabilityEvent,
  VehicleEvent,
  ViolationEvent,
} from '@fleet/contracts'

export type AutomationEvent =
  | { domain: 'reservation'; event: ReservationEvent }
  | { domain: 'rental_session'; event: RentalSessionEvent }
  | { domain: 'vehicle_availability'; event: VehicleAvailabilityEvent }
  | { domain: 'incident'; event: IncidentEvent }
  | { domain: 'violation'; event: ViolationEvent }
  | { domain: 'billing'; event: BillingEvent }
  | { domain: 'vehicle'; event: VehicleEvent }

export type AutomationDomain = AutomationEvent['domain']

export type AnyEvent = AutomationEvent['event']
