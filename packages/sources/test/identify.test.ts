import assert from 'node:assert/strict'
import { test } from 'node:test'

import { platform } from '@fleet/signatures'
import fc from 'fast-check'

import type { Endpoint } from '../src/endpoint.ts'
import type { RequestHeaders } from '../src/headers.ts'
import type { Identified, IdentifiedPart } from '../src/identified.ts'
import { identify } from '../src/identify.ts'
import { endpointOf, everyAdapter, levy, standardWebhooks, ump } from './endpoint-of.ts'

const received = 1_800_000_000_000_000
const half8 = Date.UTC(2026, 10, 21, 8, 30) * 1000
const swHeaders = { 'webhook-id': 'msg_1', 'webhook-timestamp': '1700000000' }

function run(
  endpoint: Endpoint,
  body: string | Uint8Array,
  headers: RequestHeaders = {},
): Identified {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  return identify(endpoint, bytes, headers, received, platform)
}

function onlyPart(identified: Identified): IdentifiedPart {
  assert.ok(identified.kind === 'records')
  assert.equal(identified.parts.length, 1)
  const [part] = identified.parts
  assert.ok(part !== undefined)
  return part
}

const envelope = {
  event_id: 'evt_1',
  event_type: 'reservation.created',
  occurred_at: '2026-11-21T08:30:00Z',
  resource_id: 'R 1',
  resource_type: 'Booking',
  tenant_id: 'someone-else',
  delivery_attempt: 2,
}

test('a generic envelope is identified, under the tenant of the endpoint', () => {
  assert.deepEqual(onlyPart(run(levy, JSON.stringify(envelope))), {
    eventId: 'evt_1',
    sourceEventType: 'reservation.created',
    resourceType: 'reservation',
    resourceId: 'R 1',
    occurredAt: half8,
    deliveryAttempt: 2,
    key: 'demo/reservation/R%201',
    partIndex: 0,
    partCount: 1,
    unidentifiedReason: null,
  })
})

test('a UMP envelope is identified', () => {
  const body =
    '{"id":"evt_2","type":"booking_accepted","timestamp":"2026-11-21T08:30:00Z","resource":{"type":"booking","id":"BK1"}}'
  const part = onlyPart(run(ump, body))
  assert.equal(part.key, 'demo/reservation/BK1')
  assert.equal(part.eventId, 'evt_2')
  assert.equal(part.sourceEventType, 'booking_accepted')
  assert.equal(part.occurredAt, half8)
})

test('the id of a Standard Webhooks event is the signed header', () => {
  const part = onlyPart(run(standardWebhooks, JSON.stringify(envelope), swHeaders))
  assert.equal(part.eventId, 'msg_1')
  assert.equal(part.occurredAt, half8)
  assert.equal(part.key, 'demo/reservation/R%201')
})

test('Standard Webhooks bodies are read as the generic envelope, else by $.type and the like', () => {
  const body = {
    type: 'customer.created',
    timestamp: '2026-11-21T08:30:00Z',
    data: { resource_type: 'customer', resource_id: 7 },
  }
  const part = onlyPart(run(standardWebhooks, JSON.stringify(body), swHeaders))
  assert.equal(part.sourceEventType, 'customer.created')
  assert.equal(part.occurredAt, half8)
  assert.equal(part.key, 'demo/customer/7')
  const both = { ...envelope, ...body }
  const mixed = onlyPart(run(standardWebhooks, JSON.stringify(both), swHeaders))
  assert.equal(mixed.sourceEventType, 'reservation.created')
})

const swTimes: readonly [string, unknown, number | null][] = [
  ['without a time in the body, the signed timestamp counts', undefined, 1_700_000_000_000_000],
  ['a null time is none', null, 1_700_000_000_000_000],
  ['a time nobody can read is not papered over', 'yesterday', null],
]
for (const [rule, occurredAt, expected] of swTimes) {
  test(`Standard Webhooks: ${rule}`, () => {
    const body = JSON.stringify({ ...envelope, occurred_at: occurredAt })
    assert.equal(onlyPart(run(standardWebhooks, body, swHeaders)).occurredAt, expected)
  })
}

test('a webhook-id is the UTF-8 its sender wrote', () => {
  const asReceived = Buffer.from('münchen').toString('latin1')
  const headers = { ...swHeaders, 'webhook-id': asReceived }
  const part = onlyPart(run(standardWebhooks, JSON.stringify(envelope), headers))
  assert.equal(part.eventId, 'münchen')
})

test('paths find the envelope wherever the endpoint says it stands', () => {
  const endpoint = endpointOf({
    paths: {
      event_id: '$.meta.ids[1]',
      event_type: '$.kind',
      resource_id: '$.about.id',
      resource_type: '$.about.type',
      occurred_at: '$.at',
      delivery_attempt: null,
    },
  })
  const body = {
    meta: { ids: ['no', 12] },
    kind: 'x.y',
    about: { id: 'C1', type: 'car' },
    at: 1_700_000_000_123,
    delivery_attempt: 3,
  }
  const part = onlyPart(run(endpoint, JSON.stringify(body)))
  assert.equal(part.eventId, '12')
  assert.equal(part.key, 'demo/vehicle/C1')
  assert.equal(part.occurredAt, 1_700_000_000_123_000)
  assert.equal(part.deliveryAttempt, null)
})

// sha256sum of each body, first 32 digits.
const unidentifiedCases: readonly [string, string, string | null][] = [
  ['not_json', 'not json', '7ccfa1fbf3940e6f0c0375d87c0f9235'],
  ['not_json', '', 'e3b0c44298fc1c149afbf4c8996fb924'],
  ['not_an_object', '[]', '4f53cda18c2baa0c0354bb5f9a3ecbe5'],
  ['no_event_id', JSON.stringify({ ...envelope, event_id: undefined }), null],
  ['no_event_id', JSON.stringify({ ...envelope, event_id: '' }), null],
  ['no_event_id', JSON.stringify({ ...envelope, event_id: true }), null],
  ['no_event_id', JSON.stringify({ ...envelope, event_id: 1.5 }), null],
  ['no_event_id', JSON.stringify({ ...envelope, event_id: 'a\nb' }), null],
  ['no_event_id', JSON.stringify({ ...envelope, event_id: 'x'.repeat(257) }), null],
  ['no_event_type', JSON.stringify({ ...envelope, event_type: null }), null],
  ['no_event_type', JSON.stringify({ ...envelope, event_type: 5 }), null],
  ['no_resource_type', JSON.stringify({ ...envelope, resource_type: undefined }), null],
  ['no_resource_type', JSON.stringify({ ...envelope, resource_type: 'x'.repeat(65) }), null],
  ['no_resource_id', JSON.stringify({ ...envelope, resource_id: {} }), null],
]
for (const [reason, body, digest] of unidentifiedCases) {
  test(`a body is one unidentified record (${reason}): ${body.slice(0, 60)}`, () => {
    const part = onlyPart(run(levy, body))
    assert.equal(part.unidentifiedReason, reason)
    assert.match(part.key, /^demo\/unidentified\/[0-9a-f]{32}$/)
    if (digest !== null) assert.equal(part.key, `demo/unidentified/${digest}`)
  })
}

test('what is known is filled even when a delivery is unidentified', () => {
  const part = onlyPart(run(levy, JSON.stringify({ ...envelope, resource_id: null })))
  assert.equal(part.eventId, 'evt_1')
  assert.equal(part.sourceEventType, 'reservation.created')
  assert.equal(part.resourceType, 'reservation')
  assert.equal(part.occurredAt, half8)
  const unparsed = onlyPart(run(standardWebhooks, 'not json', swHeaders))
  assert.equal(unparsed.eventId, 'msg_1')
  assert.equal(unparsed.unidentifiedReason, 'not_json')
})

const times: readonly [string, unknown, number | null][] = [
  ['missing', undefined, null],
  ['no time', 'soon', null],
  ['before 2000', '1999-12-31T23:59:59Z', null],
  ['after 2100', '2101-01-01T00:00:00Z', null],
  ['epoch milliseconds', 1_700_000_000_123, 1_700_000_000_123_000],
]
for (const [name, occurredAt, expected] of times) {
  test(`an unusable time leaves a delivery identified: ${name}`, () => {
    const part = onlyPart(run(levy, JSON.stringify({ ...envelope, occurred_at: occurredAt })))
    assert.equal(part.occurredAt, expected)
    assert.equal(part.unidentifiedReason, null)
  })
}

const attempts: readonly [unknown, number | null][] = [
  [1, 1],
  ['12', 12],
  [0, 0],
  [-1, null],
  [1.5, null],
  ['first', null],
  [2_147_483_648, null],
  [{}, null],
]
for (const [value, expected] of attempts) {
  test(`a delivery attempt ${JSON.stringify(value)} is read as ${expected}`, () => {
    const body = JSON.stringify({ ...envelope, delivery_attempt: value })
    assert.equal(onlyPart(run(levy, body)).deliveryAttempt, expected)
  })
}

test('the last of duplicate keys wins, and __proto__ is a name like any other', () => {
  const text = JSON.stringify(envelope)
  const doubled = `${text.slice(0, -1)},"event_id":"evt_2"}`
  assert.equal(onlyPart(run(levy, doubled)).eventId, 'evt_2')
  const polluted = `{"__proto__":${text}}`
  assert.equal(onlyPart(run(levy, polluted)).unidentifiedReason, 'no_event_id')
})

test('a byte order mark is skipped for reading and counts for the bytes', () => {
  const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{}')])
  assert.equal(onlyPart(run(levy, marked)).unidentifiedReason, 'no_event_id')
  assert.notEqual(onlyPart(run(levy, marked)).key, onlyPart(run(levy, '{}')).key)
})

const smartcarNames =
  'eventId eventType eventName vehicleId data payload vehicles signals meta deliveredAt challenge __proto__'.split(
    ' ',
  )
const hostileName = fc.constantFrom(...Object.keys(envelope), ...smartcarNames)
const hostile = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('dynamic', 'eventBased', 'verify', 'VERIFY', 'VEHICLE_STATE', 'v1'),
    fc.jsonValue(),
    fc.array(tie('value')),
    fc.dictionary(hostileName, tie('value')),
  ),
})).value

test('identification never throws and gives the same answer for the same bytes', () => {
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    hostile.map(value => Buffer.from(JSON.stringify(value) ?? 'null')),
    fc.dictionary(hostileName, hostile).map(value => Buffer.from(JSON.stringify(value))),
  )
  const headers = fc.dictionary(fc.constantFrom(...Object.keys(swHeaders)), fc.string())
  fc.assert(
    fc.property(fc.constantFrom(...everyAdapter), body, headers, (endpoint, bytes, sent) => {
      const first = run(endpoint, bytes, sent)
      assert.deepEqual(run(endpoint, Uint8Array.from(bytes), { ...sent }), first)
      if (first.kind !== 'records') return
      assert.ok(first.parts.length >= 1 && first.parts.length <= 64)
      for (const [index, part] of first.parts.entries()) {
        assert.equal(part.partIndex, index)
        assert.equal(part.partCount, first.parts.length)
        assert.match(part.key, /^demo\/[A-Za-z0-9_.~%-]+\/[A-Za-z0-9_.~%-]+$/)
        const known = [part.eventId, part.sourceEventType, part.resourceType, part.resourceId]
        assert.equal(part.unidentifiedReason === null, !known.includes(null))
      }
    }),
    { numRuns: 1000 },
  )
})

const only = { accepted_event_types: ['reservation.created', 'eventBased:GEOFENCE_EXIT'] }

test('a delivery of an accepted type is identified as ever', () => {
  const body = JSON.stringify(envelope)
  assert.deepEqual(run(endpointOf(only), body), run(levy, body))
})

test('a delivery of another type is one record that says so, with all that is known about it', () => {
  const body = JSON.stringify({ ...envelope, event_type: 'reservation.updated' })
  const accepted = onlyPart(run(levy, body))
  const refused = onlyPart(run(endpointOf(only), body))
  assert.deepEqual(refused, {
    ...accepted,
    key: `demo/unidentified/${platform.sha256(Buffer.from(body)).toString('hex').slice(0, 32)}`,
    unidentifiedReason: 'event_type_not_accepted',
  })
})

test('types are compared as they were sent, not by their domain or in lower case', () => {
  for (const type of ['reservation', 'Reservation.created', 'reservation.created ']) {
    const part = onlyPart(run(endpointOf(only), JSON.stringify({ ...envelope, event_type: type })))
    assert.equal(part.unidentifiedReason, 'event_type_not_accepted', type)
  }
})

test('what is missing is said before a type that is not accepted', () => {
  const body = JSON.stringify({ ...envelope, event_type: 'other', event_id: null })
  assert.equal(onlyPart(run(endpointOf(only), body)).unidentifiedReason, 'no_event_id')
  assert.equal(onlyPart(run(endpointOf(only), 'no json')).unidentifiedReason, 'not_json')
})

test('several vehicles of a type that is not accepted stay together in one record', () => {
  const smartcarOnly = endpointOf({ ...only, adapter: 'smartcar', signature: null })
  const vehicles = ['v1', 'v2'].map(vehicleId => ({ vehicleId, data: [] }))
  const part = onlyPart(
    run(smartcarOnly, JSON.stringify({ eventName: 'scheduled', payload: { vehicles } })),
  )
  assert.equal(part.unidentifiedReason, 'event_type_not_accepted')
  assert.deepEqual(
    [part.sourceEventType, part.resourceType, part.resourceId, part.eventId],
    ['scheduled', 'vehicle', null, null],
  )
})

test('a challenge is answered whatever types are accepted', () => {
  const smartcarOnly = endpointOf({ ...only, adapter: 'smartcar', signature: null })
  const body = JSON.stringify({ eventType: 'VERIFY', data: { challenge: 'abc' } })
  assert.deepEqual(run(smartcarOnly, body), { kind: 'challenge', challenge: 'abc' })
})
