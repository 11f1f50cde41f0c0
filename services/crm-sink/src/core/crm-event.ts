// The normalized events the CRM sink takes, each with the domain its topic stands for.

import type {
  CustomerEvent,
  IncidentEvent,
  RentalSessionEvent,
  ReservationEvent,
  ViolationEvent,
} from '@fleet/contracts'

export type CrmEvent =
  | { domain: 'reservation'; event: ReservationEvent }
  | { domain: 'rental_session'; event: RentalSessionEvent }
  | { domain: 'incident'; event: IncidentEvent }
  | { domain: 'violation'; event: ViolationEvent }
  | { domain: 'customer'; event: CustomerEvent }
