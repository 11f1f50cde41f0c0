import assert from 'node:assert/strict'
import { test } from 'node:test'

import { knownEventTypes, mapEventType } from '../src/event-types.ts'

type Row = readonly [sourceType: string, domain: string, eventType: string]

function check(adapter: Parameters<typeof mapEventType>[0], rows: readonly Row[]): void {
  for (const [sourceType, domain, eventType] of rows) {
    assert.deepEqual(mapEventType(adapter, sourceType), { domain, eventType }, sourceType)
  }
}

/** Every cell of the catalogue whose source sends our own names. */
const levyTypes: readonly Row[] = [
  ['reservation.created', 'reservation', 'reservation.created'],
  ['reservation.updated', 'reservation', 'reservation.updated'],
  ['reservation.canceled', 'reservation', 'reservation.canceled'],
  ['reservation.no_show', 'reservation', 'reservation.no_show'],
  ['rental_session.checkin_started', 'rental_session', 'rental_session.checkin_started'],
  ['rental_session.active', 'rental_session', 'rental_session.active'],
  ['rental_session.completed', 'rental_session', 'rental_session.completed'],
  ['rental_session.canceled', 'rental_session', 'rental_session.canceled'],
  ['rental_session.expired', 'rental_session', 'rental_session.expired'],
  ['rental_session.checkout_started', 'rental_session', 'rental_session.checkout_started'],
  [
    'vehicle_availability.window_blocked',
    'vehicle_availability',
    'vehicle_availability.window_blocked',
  ],
  [
    'vehicle_availability.window_released',
    'vehicle_availability',
    'vehicle_availability.window_released',
  ],
  [
    'vehicle_availability.calendar_conflict',
    'vehicle_availability',
    'vehicle_availability.calendar_conflict',
  ],
  ['incident.damage_reported', 'incident', 'incident.damage_reported'],
  ['claim.opened', 'incident', 'incident.claim_opened'],
  ['claim.resolved', 'incident', 'incident.claim_resolved'],
  ['violation.matched', 'violation', 'violation.matched'],
  ['violation.disputed', 'violation', 'violation.disputed'],
  ['violation.charged', 'violation', 'violation.charged'],
  ['billing.payment_pre_authorized', 'billing', 'billing.payment_pre_authorized'],
  ['billing.charge_succeeded', 'billing', 'billing.charge_succeeded'],
  ['billing.charge_failed', 'billing', 'billing.charge_failed'],
  ['billing.refund_processed', 'billing', 'billing.refund_processed'],
  ['billing.adjustment_posted', 'billing', 'billing.adjustment_posted'],
  ['vehicle.command_failed', 'vehicle', 'vehicle.command_failed'],
]

const umpTypes: readonly Row[] = [
  ['booking_created', 'reservation', 'reservation.created'],
  ['booking_updated', 'reservation', 'reservation.updated'],
  ['booking_cancelled', 'reservation', 'reservation.canceled'],
  ['booking_accepted', 'reservation', 'reservation.accepted'],
  ['booking_refused', 'reservation', 'reservation.refused'],
  ['rental_started', 'rental_session', 'rental_session.active'],
  ['rental_extended', 'rental_session', 'rental_session.extended'],
  ['rental_closed', 'rental_session', 'rental_session.completed'],
  ['rental_incident', 'incident', 'incident.reported'],
  ['payment_pre_authorized', 'billing', 'billing.payment_pre_authorized'],
  ['payment_captured', 'billing', 'billing.charge_succeeded'],
  ['payment_failed', 'billing', 'billing.charge_failed'],
  ['payment_refunded', 'billing', 'billing.refund_processed'],
  ['customer_created', 'customer', 'customer.created'],
  ['customer_updated', 'customer', 'customer.updated'],
  ['customer_deleted', 'customer', 'customer.deleted'],
  ['location_created', 'location', 'location.created'],
  ['location_updated', 'location', 'location.updated'],
  ['location_deleted', 'location', 'location.deleted'],
]

test('sources with our own names keep them, and claims are incidents', () => {
  check('generic', levyTypes)
  check('standard-webhooks', levyTypes)
})

test('UMP types are mapped by the table', () => {
  check('ump', umpTypes)
})

test('our own names are understood from every source', () => {
  const rows = [...knownEventTypes].map(([type, domain]): Row => [type, domain, type])
  assert.equal(rows.length, 39)
  for (const adapter of ['generic', 'standard-webhooks', 'ump', 'smartcar'] as const) {
    check(adapter, rows)
  }
})

test('an unknown type keeps its name, in the domain its first word names', () => {
  const rows: readonly Row[] = [
    ['reservation.upgraded', 'reservation', 'reservation.upgraded'],
    ['reservation.created.v2', 'reservation', 'reservation.created.v2'],
    ['reservation.', 'reservation', 'reservation.'],
    ['claim.reopened', 'incident', 'claim.reopened'],
    ['vehicle_availability.split', 'vehicle_availability', 'vehicle_availability.split'],
    ['rental_session_paused', 'rental_session', 'rental_session_paused'],
    ['vehicle_availability_split', 'vehicle_availability', 'vehicle_availability_split'],
    ['vehicle_moved', 'vehicle', 'vehicle_moved'],
    ['booking_upgraded', 'reservation', 'booking_upgraded'],
    ['rental_paused', 'rental_session', 'rental_paused'],
    ['payment_disputed', 'billing', 'payment_disputed'],
    ['customer_merged', 'customer', 'customer_merged'],
    ['claim_reopened', 'unmapped', 'claim_reopened'],
    ['booking.created', 'unmapped', 'booking.created'],
    ['reservation', 'unmapped', 'reservation'],
    ['Reservation.created', 'unmapped', 'Reservation.created'],
    ['VEHICLE_MOVED', 'unmapped', 'VEHICLE_MOVED'],
    ['loyalty.points_earned', 'unmapped', 'loyalty.points_earned'],
    ['reservations.created', 'unmapped', 'reservations.created'],
    ['.created', 'unmapped', '.created'],
    ['constructor.created', 'unmapped', 'constructor.created'],
  ]
  for (const adapter of ['generic', 'standard-webhooks', 'ump', 'smartcar'] as const) {
    check(adapter, rows)
  }
})

test('names of one source mean nothing from another', () => {
  check('generic', [['payment_captured', 'billing', 'payment_captured']])
  check('ump', [['claim.opened', 'incident', 'claim.opened']])
})
