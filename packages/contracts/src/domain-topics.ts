// Of every domain: which services read its topic, and which record its values are.

import type { RecordName } from './records.ts'
import type { Domain, ServiceName } from './topics.ts'

export const domainReaders: Record<Domain, readonly ServiceName[]> = {
  reservation: ['crm-sink', 'alerting-sink', 'automation', 'subscribers'],
  rental_session: ['crm-sink', 'alerting-sink', 'automation', 'subscribers'],
  vehicle_availability: ['alerting-sink', 'automation', 'subscribers'],
  incident: ['crm-sink', 'accounting-sink', 'alerting-sink', 'automation', 'subscribers'],
  violation: ['crm-sink', 'accounting-sink', 'alerting-sink', 'automation', 'subscribers'],
  billing: ['accounting-sink', 'alerting-sink', 'automation', 'subscribers'],
  customer: ['crm-sink', 'alerting-sink', 'subscribers'],
  location: ['alerting-sink', 'subscribers'],
  vehicle: ['alerting-sink', 'automation', 'subscribers'],
  unmapped: ['alerting-sink', 'subscribers'],
}

export const domainSchemas: Record<Domain, RecordName> = {
  reservation: 'ReservationEvent',
  rental_session: 'RentalSessionEvent',
  vehicle_availability: 'VehicleAvailabilityEvent',
  incident: 'IncidentEvent',
  violation: 'ViolationEvent',
  billing: 'BillingEvent',
  customer: 'CustomerEvent',
  location: 'LocationEvent',
  vehicle: 'VehicleEvent',
  unmapped: 'UnmappedEvent',
}
