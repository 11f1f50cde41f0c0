import assert from 'node:assert/strict'
import { test } from 'node:test'

import { standardWebhooks } from '../endpoint-of.ts'
import { eventOf, fieldOf } from './deliver.ts'

const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': '1795249800' }

test('the id comes from the header, the rest from the body in its usual shape', () => {
  const event = eventOf(
    standardWebhooks,
    {
      type: 'reservation.created',
      timestamp: '2026-11-21T08:00:00Z',
      data: { resource_type: 'booking', resource_id: 'B1', customer_id: 'c', colour: 'red' },
    },
    { headers },
  )
  assert.equal(event.eventId, 'msg_1')
  assert.equal(event.eventType, 'reservation.created')
  assert.deepEqual(event.resource, { type: 'reservation', id: 'B1' })
  assert.equal(event.occurredAt, 1_795_248_000_000_000)
  assert.equal(fieldOf(event, 'customer_id'), 'c')
  assert.deepEqual(event.attributes, { 'data.colour': '"red"' })
})

const generic = {
  event_id: 'evt_1',
  event_type: 'claim.opened',
  resource_type: 'claim',
  resource_id: 'C1',
  type: 'ignored',
  data: { claim_id: 'C1' },
}

test('the generic envelope goes first, and what it hides stays among the attributes', () => {
  const event = eventOf(standardWebhooks, generic, { headers })
  assert.equal(event.eventType, 'incident.claim_opened')
  assert.equal(event.sourceEventType, 'claim.opened')
  assert.equal(event.occurredAt, 1_795_249_800_000_000)
  // The body's own id is not the event's.
  assert.deepEqual(event.attributes, { event_id: '"evt_1"', type: '"ignored"' })
})

test('a time of the header is the delivery’s and not content', () => {
  const retried = { ...headers, 'webhook-timestamp': '1795249900' }
  const first = eventOf(standardWebhooks, generic, { headers })
  const second = eventOf(standardWebhooks, generic, { headers: retried })
  assert.notEqual(first.occurredAt, second.occurredAt)
  assert.equal(first.fingerprint, second.fingerprint)
})

test('a time of the body is content', () => {
  const [first, second] = [1_795_249_800, 1_795_249_801].map(timestamp =>
    eventOf(standardWebhooks, { ...generic, timestamp }, { headers }),
  )
  assert.notEqual(first?.fingerprint, second?.fingerprint)
})
