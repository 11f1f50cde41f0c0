import assert from 'node:assert/strict'
import { test } from 'node:test'

import { canonicalJson } from '../../src/canonical-json.ts'
import { ump } from '../endpoint-of.ts'
import { eventOf } from './deliver.ts'

const accepted = {
  id: 'evt_1',
  type: 'booking_accepted',
  timestamp: '2026-11-21T08:30:00Z',
  resource: { type: 'booking', id: 'BK1', status: 'accepted' },
  attempt: 3,
}

test('a thin UMP event becomes an event without details', () => {
  const { fingerprint, attributesJson, ...event } = eventOf(ump, accepted)
  assert.equal(attributesJson, canonicalJson(event.attributes))
  assert.equal(typeof fingerprint, 'number')
  assert.deepEqual(event, {
    domain: 'reservation',
    eventId: 'evt_1',
    eventType: 'reservation.accepted',
    source: 'ump',
    sourceEventType: 'booking_accepted',
    tenantId: 'demo',
    subaccountId: null,
    resource: { type: 'reservation', id: 'BK1' },
    occurredAt: 1_795_249_800_000_000,
    mode: 'LIVE',
    deliveryAttempt: null,
    fields: {
      customer_id: null,
      vehicle_id: null,
      location_id: null,
      reason: null,
      starts_at: null,
      ends_at: null,
      amount: null,
    },
    attributes: { resource: '{"status":"accepted"}', attempt: '3' },
    mapperVersion: '1',
  })
})

test('a payment is billing about a charge, without an amount', () => {
  const body = { ...accepted, type: 'payment_captured', resource: { type: 'payment', id: 'P1' } }
  const event = eventOf(ump, body)
  assert.equal(event.domain, 'billing')
  assert.equal(event.eventType, 'billing.charge_succeeded')
  assert.deepEqual(event.resource, { type: 'charge', id: 'P1' })
  assert.ok(!Object.keys(event.attributes).some(name => name.startsWith('data.amount')))
})

test('an incident of a rental is about the rental session', () => {
  const body = { ...accepted, type: 'rental_incident', resource: { type: 'rental', id: 'R1' } }
  const event = eventOf(ump, body)
  assert.equal(event.eventType, 'incident.reported')
  assert.deepEqual(event.resource, { type: 'rental_session', id: 'R1' })
})

test('data is read where a body has it', () => {
  const event = eventOf(ump, { ...accepted, data: { customer_id: 'C1', seats: 5 } })
  assert.equal(event.domain, 'reservation')
  assert.equal('customer_id' in event.fields ? event.fields.customer_id : undefined, 'C1')
  assert.equal(event.attributes['data.seats'], '5')
})

test('an unknown type keeps its name in the domain of its prefix', () => {
  const event = eventOf(ump, { ...accepted, type: 'booking_archived' })
  assert.equal(event.domain, 'reservation')
  assert.equal(event.eventType, 'booking_archived')
  assert.equal(event.sourceEventType, 'booking_archived')
})
