import assert from 'node:assert/strict'
import { test } from 'node:test'

import { platform } from '@fleet/signatures'
import fc from 'fast-check'

import type { Endpoint } from '../../src/endpoint.ts'
import { endpointOf, levy, smartcar, standardWebhooks, ump } from '../endpoint-of.ts'
import { eventOf } from './deliver.ts'

const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': '1795249800' }

function print(endpoint: Endpoint, body: string | object): number {
  return eventOf(endpoint, body, { headers }).fingerprint
}

const generic = {
  event_id: 'e',
  event_type: 'billing.charge_succeeded',
  occurred_at: '2026-11-21T08:30:00Z',
  resource_id: 'r',
  resource_type: 'charge',
  data: { amount: '12.50', currency: 'EUR', note: 'x' },
}
const umpBody = {
  id: 'e',
  type: 'booking_created',
  timestamp: '2026-11-21T08:30:00Z',
  resource: { type: 'booking', id: 'B' },
}
const deliveredAt = 1_795_249_800_000
const state = {
  eventId: 'e',
  eventType: 'VEHICLE_STATE',
  vehicleId: 'v',
  data: {
    signals: [
      { code: 'a', body: { value: 1 }, meta: { oemUpdatedAt: deliveredAt - 1000 } },
      { code: 'b', status: { value: 'ERROR' } },
    ],
  },
  meta: { deliveredAt, deliveryId: 'd' },
}
const failed = { ...state, data: { signals: [{ code: 'b', status: { value: 'ERROR' } }] } }

test('the fingerprint is the head of SHA-256 over the canonical content', () => {
  const content =
    '{"attributes":{"data.note":"\\"x\\""},"event_type":"billing.charge_succeeded",' +
    '"fields":{"amount":{"amount_minor":1250,"currency":"EUR"},"category":null,"charge_id":null,' +
    '"customer_id":null,"reason":null,"refund_of":null,"rental_session_id":null,' +
    '"reservation_id":null},"occurred_at":1795249800000000,' +
    '"resource":{"id":"r","type":"charge"},"subaccount_id":null}'
  const digest = Buffer.from(platform.sha256(Buffer.from(content)))
  assert.equal(print(levy, generic), digest.readUInt32BE())
})

test('a retry has the fingerprint of its original', () => {
  const rows: readonly [endpoint: Endpoint, original: object, retry: object][] = [
    [levy, generic, { ...generic, delivery_attempt: 2 }],
    [levy, generic, { ...generic, delivery_attempt: 'second' }],
    [levy, generic, { ...generic, delivery_id: 'x', delivered_at: 'now', attempt: 4 }],
    [levy, generic, { ...generic, occurred_at: '2026-11-21T09:30:00.000+01:00' }],
    [levy, generic, { ...generic, data: { note: 'x', currency: 'EUR', amount_minor: 1250 } }],
    [levy, generic, { ...generic, tenant_id: 'demo' }],
    [levy, generic, { ...generic, tenant_id: null }],
    [standardWebhooks, generic, { ...generic, delivery_attempt: 2, attempt: 2 }],
    [ump, umpBody, { ...umpBody, delivery_attempt: 3, delivery_id: 'x' }],
    [smartcar, state, { ...state, meta: { deliveredAt: deliveredAt + 25_000, deliveryId: 'd2' } }],
    // Every time of these is the delivery's.
    [smartcar, failed, { ...failed, meta: { deliveredAt: deliveredAt + 25_000 } }],
  ]
  for (const [endpoint, original, retry] of rows) {
    assert.equal(print(endpoint, retry), print(endpoint, original), JSON.stringify(retry))
  }
})

test('another content has another fingerprint', () => {
  const rows: readonly [endpoint: Endpoint, original: object, other: object][] = [
    [levy, generic, { ...generic, event_type: 'billing.charge_failed' }],
    [levy, generic, { ...generic, resource_type: 'invoice' }],
    [levy, generic, { ...generic, occurred_at: '2026-11-21T08:30:01Z' }],
    [levy, generic, { ...generic, subaccount_id: 's' }],
    [levy, generic, { ...generic, extra: null }],
    [levy, generic, { ...generic, data: { ...generic.data, amount: '12.51' } }],
    [levy, generic, { ...generic, data: { ...generic.data, customer_id: 'c' } }],
    [levy, generic, { ...generic, data: { ...generic.data, attempt: 2 } }],
    [ump, umpBody, { ...umpBody, timestamp: '2026-11-21T08:30:01Z' }],
    [smartcar, state, { ...state, data: { ...state.data, vehicle: { make: 'VW' } } }],
    [smartcar, state, { ...state, data: { signals: state.data.signals.toReversed() } }],
    [
      smartcar,
      failed,
      { ...failed, data: { signals: [{ code: 'c', status: { value: 'ERROR' } }] } },
    ],
  ]
  for (const [endpoint, original, other] of rows) {
    assert.notEqual(print(endpoint, other), print(endpoint, original), JSON.stringify(other))
  }
})

test('the configured attempt is excluded wherever it stands', () => {
  const endpoint = endpointOf({ paths: { delivery_attempt: '$.head.try' } })
  const body = (attempt: unknown): object => ({ ...generic, head: { try: attempt, region: 'eu' } })
  assert.equal(print(endpoint, body(1)), print(endpoint, body(2)))
  assert.equal(print(endpoint, body(1)), print(endpoint, body('unreadable')))
})

test('a time taken from an excluded field is not content', () => {
  const endpoint = endpointOf({ paths: { occurred_at: '$.delivered_at' } })
  const body = (time: number): object => ({ ...generic, occurred_at: null, delivered_at: time })
  assert.equal(print(endpoint, body(1_795_249_800)), print(endpoint, body(1_795_249_900)))
})

const members = fc.dictionary(
  fc.string({ minLength: 1 }).filter(name => !(name in generic) && name !== 'mode'),
  fc.jsonValue({ maxDepth: 3 }),
)

test('spacing and the order of members do not change the fingerprint', () => {
  fc.assert(
    fc.property(members, members, (extra, data) => {
      const body = { ...generic, ...extra, data }
      const reversed = {
        data: Object.fromEntries(Object.entries(data).reverse()),
        ...Object.fromEntries(
          Object.entries({ ...generic, ...extra })
            .reverse()
            .filter(([name]) => name !== 'data'),
        ),
      }
      assert.equal(print(levy, JSON.stringify(reversed, null, 2)), print(levy, body))
    }),
  )
})

const excluded = ['delivery_id', 'delivered_at', 'attempt', 'delivery_attempt'] as const

test('any value of a delivery field leaves the fingerprint, any other new value changes it', () => {
  fc.assert(
    fc.property(fc.constantFrom(...excluded), fc.jsonValue(), (name, value) => {
      assert.equal(print(levy, { ...generic, [name]: value }), print(levy, generic))
    }),
  )
  const names = fc.constantFrom('colour', 'customer_id', 'starts_at', 'x.y')
  fc.assert(
    fc.property(names, fc.jsonValue(), fc.boolean(), (name, value, inData) => {
      // In data, null of a field we know says nothing.
      fc.pre(value !== null)
      const body = inData
        ? { ...generic, data: { ...generic.data, [name]: value } }
        : { ...generic, [name]: value }
      assert.notEqual(print(levy, body), print(levy, generic))
    }),
  )
})
