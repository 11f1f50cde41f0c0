import assert from 'node:assert/strict'
import { test } from 'node:test'

import { platform } from '@fleet/signatures'

import { canonicalJson } from '../../src/canonical-json.ts'
import { normalize } from '../../src/normalize.ts'
import { endpointOf, levy } from '../endpoint-of.ts'
import { eventOf, fieldOf, normalizationsOf, rawsOf } from './deliver.ts'

const noShow = {
  event_id: 'evt_1',
  event_type: 'reservation.no_show',
  occurred_at: '2026-11-21T08:30:00.123456Z',
  resource_id: 'res-1',
  resource_type: 'Booking',
  tenant_id: 'demo',
  subaccount_id: 'berlin',
  delivery_attempt: 2,
  trace: { b: 1, a: 2 },
  data: {
    customer_id: 4711,
    vehicle_id: 'car-9',
    reason: 'not there',
    starts_at: '2026-11-21T08:00:00+01:00',
    ends_at: 1_795_248_000,
    amount: '19.90',
    currency: 'EUR',
    deposit: 1e2,
  },
}

test('a generic delivery becomes an event with typed fields, the rest among the attributes', () => {
  const { fingerprint, attributesJson, ...event } = eventOf(levy, noShow)
  assert.equal(attributesJson, canonicalJson(event.attributes))
  assert.deepEqual(event, {
    domain: 'reservation',
    eventId: 'evt_1',
    eventType: 'reservation.no_show',
    source: 'levy',
    sourceEventType: 'reservation.no_show',
    tenantId: 'demo',
    subaccountId: 'berlin',
    resource: { type: 'reservation', id: 'res-1' },
    occurredAt: 1_795_249_800_123_456,
    mode: 'LIVE',
    deliveryAttempt: 2,
    fields: {
      customer_id: '4711',
      vehicle_id: 'car-9',
      location_id: null,
      reason: 'not there',
      starts_at: 1_795_244_400_000_000,
      ends_at: 1_795_248_000_000_000,
      amount: { amount_minor: 1990, currency: 'EUR' },
    },
    attributes: { trace: '{"a":2,"b":1}', 'data.deposit': '100' },
    mapperVersion: '1',
  })
  assert.ok(Number.isInteger(fingerprint) && fingerprint >= 0 && fingerprint <= 0xffffffff)
})

const envelope = { event_id: 'e', occurred_at: 1_795_248_000, resource_id: 'r', resource_type: 't' }

/** For each domain: a type, `data` with every field, the fields expected. */
const domainRows: readonly [type: string, data: object, fields: object][] = [
  [
    'rental_session.active',
    {
      customer_id: 'c',
      vehicle_id: 'v',
      reservation_id: 'r',
      reason: 'x',
      started_at: '2026-11-21T08:00:00Z',
      due_at: '1795248000',
      ended_at: 1_795_248_000_000,
    },
    {
      customer_id: 'c',
      vehicle_id: 'v',
      reservation_id: 'r',
      reason: 'x',
      started_at: 1_795_248_000_000_000,
      due_at: 1_795_248_000_000_000,
      ended_at: 1_795_248_000_000_000,
    },
  ],
  [
    'vehicle_availability.window_blocked',
    { vehicle_id: 'v', calendar_id: 5, reason: 'service', window_start: 1_795_248_000 },
    {
      vehicle_id: 'v',
      calendar_id: '5',
      reason: 'service',
      window_start: 1_795_248_000_000_000,
      window_end: null,
    },
  ],
  [
    'claim.opened',
    {
      customer_id: 'c',
      vehicle_id: 'v',
      reservation_id: 'r',
      rental_session_id: 's',
      claim_id: 'cl',
      severity: 'major',
      category: 'glass',
      amount_minor: 50_000,
      currency: 'JPY',
    },
    {
      customer_id: 'c',
      vehicle_id: 'v',
      reservation_id: 'r',
      rental_session_id: 's',
      claim_id: 'cl',
      severity: 'major',
      category: 'glass',
      amount: { amount_minor: 50_000, currency: 'JPY' },
    },
  ],
  [
    'violation.charged',
    {
      customer_id: 'c',
      vehicle_id: 'v',
      rental_session_id: 's',
      violation_code: 103,
      reason: 'speed',
      amount: 35.5,
      currency: 'EUR',
    },
    {
      customer_id: 'c',
      vehicle_id: 'v',
      rental_session_id: 's',
      violation_code: '103',
      reason: 'speed',
      amount: { amount_minor: 3550, currency: 'EUR' },
    },
  ],
  [
    'billing.refund_processed',
    {
      customer_id: 'c',
      reservation_id: 'r',
      rental_session_id: 's',
      charge_id: 'ch',
      refund_of: 'ch0',
      category: 'fee',
      reason: 'goodwill',
      amount_minor: 100,
      amount: '1.00',
      currency: 'EUR',
    },
    {
      customer_id: 'c',
      reservation_id: 'r',
      rental_session_id: 's',
      charge_id: 'ch',
      refund_of: 'ch0',
      category: 'fee',
      reason: 'goodwill',
      amount: { amount_minor: 100, currency: 'EUR' },
    },
  ],
  [
    'customer.updated',
    { customer_id: 'c', name: 'Åsa', email: 'a@b.example', phone: '+49', locale: 'sv' },
    { customer_id: 'c', name: 'Åsa', email: 'a@b.example', phone: '+49', locale: 'sv' },
  ],
  [
    'location.created',
    {
      name: 'Mitte',
      address: 'Platz 1',
      timezone: 'Europe/Berlin',
      latitude: 52,
      longitude: '13.4',
    },
    { name: 'Mitte', address: 'Platz 1', timezone: 'Europe/Berlin', latitude: 52, longitude: 13.4 },
  ],
  [
    'vehicle.command_failed',
    {
      vehicle_id: 'v',
      user_id: 'u',
      make: 'VW',
      model: 'ID.3',
      vin: 'W',
      year: 2024,
      triggers: ['a'],
    },
    {
      vehicle_id: 'v',
      user_id: 'u',
      make: 'VW',
      model: 'ID.3',
      vin: 'W',
      year: 2024,
      triggers: ['a'],
      signals: [],
      errors: [],
    },
  ],
]

test('every domain reads its fields from data by their own names', () => {
  for (const [type, data, fields] of domainRows) {
    const event = eventOf(levy, { ...envelope, event_type: type, data })
    assert.deepEqual(event.fields, fields, type)
    assert.deepEqual(event.attributes, {}, type)
  }
})

test('a claim keeps the source name beside ours', () => {
  const event = eventOf(levy, { ...envelope, event_type: 'claim.resolved', resource_type: 'claim' })
  assert.equal(event.domain, 'incident')
  assert.equal(event.eventType, 'incident.claim_resolved')
  assert.equal(event.sourceEventType, 'claim.resolved')
  assert.deepEqual(event.resource, { type: 'claim', id: 'r' })
})

test('an unknown type has no fields of its own: all its data are attributes', () => {
  const body = { ...envelope, event_type: 'loyalty.points', data: { points: 5, customer_id: 'c' } }
  const event = eventOf(levy, body)
  assert.equal(event.domain, 'unmapped')
  assert.equal(event.eventType, 'loyalty.points')
  assert.deepEqual(event.fields, {})
  assert.deepEqual(event.attributes, { 'data.points': '5', 'data.customer_id': '"c"' })
})

test('a typed field that does not parse is null and its original an attribute', () => {
  const data = {
    customer_id: { id: 'c' },
    vehicle_id: 1.5,
    location_id: '',
    reason: 7,
    starts_at: '2026-02-30T00:00:00Z',
    ends_at: null,
    amount: '1.999',
    currency: 'EUR',
  }
  const event = eventOf(levy, { ...envelope, event_type: 'reservation.created', data })
  assert.deepEqual(event.fields, {
    customer_id: null,
    vehicle_id: null,
    location_id: null,
    reason: null,
    starts_at: null,
    ends_at: null,
    amount: null,
  })
  assert.deepEqual(event.attributes, {
    'data.customer_id': '{"id":"c"}',
    'data.vehicle_id': '1.5',
    'data.location_id': '""',
    'data.reason': '7',
    'data.starts_at': '"2026-02-30T00:00:00Z"',
    'data.amount': '"1.999"',
    'data.currency': '"EUR"',
  })
})

test('an amount attribute tells a bad amount from none', () => {
  const rows: readonly [data: object, names: readonly string[]][] = [
    [{}, []],
    [{ currency: 'EUR' }, ['data.currency']],
    [{ amount: null, amount_minor: null, currency: null }, []],
    [{ amount: '1.00', currency: 'eur' }, ['data.amount', 'data.currency']],
    [{ amount_minor: 1 }, ['data.amount_minor']],
    [
      { amount: '1.00', amount_minor: 1, currency: 'EUR' },
      ['data.amount', 'data.amount_minor', 'data.currency'],
    ],
    [{ amount: '-1.00', currency: 'EUR' }, ['data.amount', 'data.currency']],
    [{ amount: '-0.00', currency: 'EUR' }, []],
  ]
  for (const [data, names] of rows) {
    const event = eventOf(levy, { ...envelope, event_type: 'billing.charge_succeeded', data })
    assert.deepEqual(Object.keys(event.attributes).toSorted(), names)
  }
})

test('a negative amount is no money where only positive ones mean something', () => {
  const data = { amount_minor: -500, currency: 'USD' }
  const original = { 'data.amount_minor': '-500', 'data.currency': '"USD"' }
  const money = { amount_minor: -500, currency: 'USD' }
  const rows: readonly [type: string, amount: object | null][] = [
    ['billing.charge_succeeded', null],
    ['billing.refund_processed', null],
    ['violation.charged', null],
    ['incident.claim_resolved', null],
    ['claim.resolved', null],
    ['billing.adjustment_posted', money],
    ['billing.payment_pre_authorized', money],
    ['billing.charge_failed', money],
    ['reservation.updated', money],
  ]
  for (const [type, amount] of rows) {
    const event = eventOf(levy, { ...envelope, event_type: type, data })
    assert.deepEqual(fieldOf(event, 'amount'), amount, type)
    assert.deepEqual(event.attributes, amount === null ? original : {}, type)
  }
})

test('money where the domain has no amount stays among the attributes', () => {
  const data = { amount: '1.00', currency: 'EUR' }
  const event = eventOf(levy, { ...envelope, event_type: 'rental_session.completed', data })
  assert.deepEqual(event.attributes, { 'data.amount': '"1.00"', 'data.currency': '"EUR"' })
})

test('a delivery attempt that does not parse is null and its original an attribute', () => {
  const body = { ...envelope, event_type: 'reservation.created' }
  for (const attempt of ['second', 99_999_999_999, 1.5]) {
    const event = eventOf(levy, { ...body, delivery_attempt: attempt })
    assert.equal(event.deliveryAttempt, null)
    assert.deepEqual(event.attributes, { delivery_attempt: JSON.stringify(attempt) })
  }
})

test('the tenant is the endpoint’s; another one in the body is only an attribute', () => {
  const body = { ...envelope, event_type: 'reservation.created' }
  const other = eventOf(levy, { ...body, tenant_id: 'acme' })
  assert.equal(other.tenantId, 'demo')
  assert.deepEqual(other.attributes, { tenant_id: '"acme"' })
  assert.deepEqual(eventOf(levy, { ...body, tenant_id: 'demo' }).attributes, {})
  assert.deepEqual(eventOf(levy, { ...body, tenant_id: null }).attributes, {}, 'null says nothing')
})

test('TEST and SIMULATED mark a test in any case, in meta or beside it', () => {
  const body = { ...envelope, event_type: 'reservation.created' }
  const rows: readonly [members: object, mode: string][] = [
    [{}, 'LIVE'],
    [{ mode: 'TEST' }, 'TEST'],
    [{ mode: 'test' }, 'TEST'],
    [{ mode: 'Simulated' }, 'TEST'],
    [{ mode: 'LIVE' }, 'LIVE'],
    [{ mode: 'staging' }, 'LIVE'],
    [{ mode: ['TEST'] }, 'LIVE'],
    [{ meta: { mode: 'test' } }, 'TEST'],
    [{ mode: 'LIVE', meta: { mode: 'SIMULATED' } }, 'TEST'],
    [{ data: { mode: 'TEST' } }, 'LIVE'],
  ]
  for (const [members, mode] of rows) {
    assert.equal(eventOf(levy, { ...body, ...members }).mode, mode, JSON.stringify(members))
  }
})

test('data that is no object is kept whole', () => {
  const body = { ...envelope, event_type: 'reservation.created' }
  assert.deepEqual(eventOf(levy, { ...body, data: [1, 2] }).attributes, { data: '[1,2]' })
  assert.deepEqual(eventOf(levy, { ...body, data: 'x' }).attributes, { data: '"x"' })
  assert.deepEqual(eventOf(levy, { ...body, data: null }).attributes, {})
  assert.deepEqual(eventOf(levy, { ...body, data: {} }).attributes, {})
})

test('names from the prototype chain are ordinary members', () => {
  const body = JSON.stringify({ ...envelope, event_type: 'reservation.created' }).replace(
    /}$/,
    ',"__proto__":{"x":1},"data":{"__proto__":{"customer_id":"c"},"constructor":1}}',
  )
  const event = eventOf(levy, body)
  assert.equal(fieldOf(event, 'customer_id'), null)
  assert.deepEqual(
    new Map(Object.entries(event.attributes)),
    new Map([
      ['__proto__', '{"x":1}'],
      ['data.__proto__', '{"customer_id":"c"}'],
      ['data.constructor', '1'],
    ]),
  )
})

test('configured paths are followed, and what lies beside them stays', () => {
  const endpoint = endpointOf({
    paths: {
      event_id: '$.head.id',
      event_type: '$.head.type',
      occurred_at: '$.head.times[0]',
      resource_id: '$.payload.object.id',
      resource_type: '$.payload.object.kind',
      subaccount_id: '$.head.branch',
      delivery_attempt: '$.head.try',
      data: '$.payload.object',
    },
  })
  const event = eventOf(endpoint, {
    head: {
      id: 'e1',
      type: 'reservation.created',
      times: [1_795_248_000, 1_795_248_001],
      branch: 7,
      try: '3',
      region: 'eu',
    },
    payload: { object: { id: 'r1', kind: 'booking', reason: 'x', colour: 'red' }, version: 3 },
  })
  assert.equal(event.subaccountId, '7')
  assert.equal(event.deliveryAttempt, 3)
  assert.equal(event.occurredAt, 1_795_248_000_000_000)
  assert.equal(fieldOf(event, 'reason'), 'x')
  assert.deepEqual(event.attributes, {
    head: '{"region":"eu","times":[null,1795248001]}',
    payload: '{"version":3}',
    'data.colour': '"red"',
  })
})

test('a flat body can be its own data', () => {
  const endpoint = endpointOf({ paths: { data: '$' } })
  const event = eventOf(endpoint, {
    ...envelope,
    event_type: 'reservation.created',
    customer_id: 'c',
    colour: 'red',
  })
  assert.equal(fieldOf(event, 'customer_id'), 'c')
  assert.deepEqual(event.attributes, { 'data.colour': '"red"' })
})

test('a missing, unreadable or absurd time is BAD_TIME', () => {
  const body = { ...envelope, event_type: 'reservation.created' }
  for (const time of [undefined, null, 'soon', 1, '1999-12-31T23:59:59Z', '2101-01-01T00:00:00Z']) {
    const [refused] = normalizationsOf(levy, { ...body, occurred_at: time })
    assert.ok(refused !== undefined && !refused.ok)
    assert.equal(refused.code, 'BAD_TIME')
  }
})

test('a time outside 2000–2100 on the record itself is BAD_TIME', () => {
  const raw = { occurred_at: 4_200_000_000_000_000 }
  const [refused] = normalizationsOf(levy, noShow, { raw })
  assert.ok(refused !== undefined && !refused.ok && refused.code === 'BAD_TIME')
})

test('what the edge could not identify is UNIDENTIFIED, before its time is looked at', () => {
  const bodies = [
    '{',
    '[]',
    '"x"',
    '{}',
    { ...noShow, event_id: '' },
    { ...noShow, resource_id: 1.5 },
  ]
  for (const body of bodies) {
    const [refused] = normalizationsOf(levy, body)
    assert.ok(refused !== undefined && !refused.ok)
    assert.equal(refused.code, 'UNIDENTIFIED')
  }
  for (const name of ['event_id', 'source_event_type', 'resource_type', 'resource_id'] as const) {
    const [refused] = normalizationsOf(levy, noShow, { raw: { [name]: null, occurred_at: null } })
    assert.ok(refused !== undefined && !refused.ok && refused.code === 'UNIDENTIFIED')
  }
})

test('a removed endpoint’s records are read by the adapter that signed, with its defaults', () => {
  for (const raw of rawsOf(levy, noShow)) {
    assert.deepEqual(normalize(raw, undefined, platform), normalize(raw, levy, platform))
  }
})
