import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Signal } from '@fleet/contracts'

import { canonicalJson } from '../../src/canonical-json.ts'
import { smartcar } from '../endpoint-of.ts'
import { eventOf, eventsOf, fieldOf, receivedAt } from './deliver.ts'

const measuredAt = '2026-11-21T08:00:00Z'
const measured = 1_795_248_000_000_000

const first = {
  vehicleId: 'v-1',
  requestId: 'r-1',
  timestamp: measuredAt,
  unitSystem: 'metric',
  data: [
    {
      path: '/odometer',
      code: 200,
      body: { distance: 104.32 },
      headers: { 'sc-unit-system': 'metric' },
    },
    {
      path: '/battery',
      code: 409,
      body: { type: 'VEHICLE_STATE', code: 'ASLEEP', description: 'The vehicle is asleep.' },
    },
  ],
}
const second = {
  vehicleId: 'v-2',
  requestId: 'r-2',
  error: 'CONNECT_SERVICES_ACCOUNT:AUTHENTICATION_FAILED',
}
const scheduled = {
  version: '2.0',
  webhookId: 'w-1',
  eventName: 'schedule',
  mode: 'test',
  payload: { vehicles: [first, second], page: 1 },
}

test('each vehicle of a version 2 delivery becomes an event of its own', () => {
  const [one, two] = eventsOf(smartcar, scheduled)
  assert.ok(one !== undefined && two !== undefined)
  const { fingerprint, attributesJson, eventId, ...event } = one
  assert.equal(attributesJson, canonicalJson(event.attributes))
  assert.equal(typeof fingerprint, 'number')
  assert.match(eventId, /^sc2:[0-9a-f]{32}$/)
  const empty = { name: null, group: null, unit: null, observed_at: measured, won: false }
  assert.deepEqual(event, {
    domain: 'vehicle',
    eventType: 'vehicle.state_reported',
    source: 'smartcar',
    sourceEventType: 'schedule',
    tenantId: 'demo',
    subaccountId: null,
    resource: { type: 'vehicle', id: 'v-1' },
    occurredAt: measured,
    mode: 'TEST',
    deliveryAttempt: null,
    fields: {
      vehicle_id: 'v-1',
      user_id: null,
      make: null,
      model: null,
      vin: null,
      year: null,
      triggers: [],
      signals: [
        {
          code: 'odometer-traveleddistance',
          status: 'SUCCESS',
          error_type: null,
          error_code: null,
          value_json: '{"distance":104.32}',
          ...empty,
        },
        {
          code: 'tractionbattery-stateofcharge',
          status: 'ERROR',
          error_type: 'VEHICLE_STATE',
          error_code: 'ASLEEP',
          value_json: null,
          ...empty,
        },
      ],
      errors: [],
    },
    attributes: {
      version: '"2.0"',
      webhookId: '"w-1"',
      payload: '{"page":1}',
      'vehicle.requestId': '"r-1"',
      'vehicle.timestamp': `"${measuredAt}"`,
      'vehicle.unitSystem': '"metric"',
      'vehicle.data':
        '[{"headers":{"sc-unit-system":"metric"}},{"body":{"description":"The vehicle is asleep."}}]',
    },
    mapperVersion: '1',
  })

  assert.equal(two.resource.id, 'v-2')
  assert.equal(two.eventType, 'vehicle.state_reported')
  assert.equal(two.occurredAt, receivedAt)
  assert.deepEqual(fieldOf(two, 'errors'), [
    {
      type: 'CONNECT_SERVICES_ACCOUNT:AUTHENTICATION_FAILED',
      code: null,
      state: null,
      description: null,
      resolution: null,
      signals: [],
    },
  ])
})

test('the paths of version 2 share the codes of version 4', () => {
  const codes: readonly [path: string, code: string][] = [
    ['/odometer', 'odometer-traveleddistance'],
    ['/fuel', 'internalcombustionengine-fuellevel'],
    ['/engine/oil', 'internalcombustionengine-oillife'],
    ['/battery', 'tractionbattery-stateofcharge'],
    ['/charge', 'charge-detailedchargingstatus'],
    ['/location', 'location-preciselocation'],
    ['/tires/pressure', 'wheel-tires'],
    ['/vin', 'vehicleidentification-vin'],
    ['/', 'vehicleidentification-attributes'],
    ['/security', 'path:/security'],
    ['odometer', 'path:odometer'],
  ]
  const data = codes.map(([path]) => ({ path, code: 200, body: {} }))
  const event = eventOf(smartcar, {
    ...scheduled,
    payload: { vehicles: [{ vehicleId: 'v', data }] },
  })
  const signals = fieldOf(event, 'signals') as Signal[]
  assert.deepEqual(
    signals.map(signal => signal.code),
    codes.map(([, code]) => code),
  )
})

test('the outcome of a version 2 item is its status code', () => {
  const rows: readonly [item: object, expected: readonly unknown[]][] = [
    [{ path: '/vin', code: 200, body: { vin: 'X' } }, ['SUCCESS', '{"vin":"X"}', null, null]],
    [{ path: '/vin', code: '204' }, ['SUCCESS', null, null, null]],
    [{ path: '/vin', body: { vin: 'X' } }, ['SUCCESS', '{"vin":"X"}', null, null]],
    [{ path: '/vin' }, ['ERROR', null, null, null]],
    [{ path: '/vin', code: 500 }, ['ERROR', null, null, '500']],
    [{ path: '/vin', code: 'UPSTREAM:TIMEOUT' }, ['ERROR', null, null, 'UPSTREAM:TIMEOUT']],
    [{ path: '/vin', code: 200, error: { type: 'T', code: 'C' } }, ['ERROR', null, 'T', 'C']],
  ]
  for (const [item, expected] of rows) {
    const vehicles = [{ vehicleId: 'v', data: [item] }]
    const event = eventOf(smartcar, { ...scheduled, payload: { vehicles } })
    const [signal] = fieldOf(event, 'signals') as Signal[]
    assert.ok(signal !== undefined)
    const found = [signal.status, signal.value_json, signal.error_type, signal.error_code]
    assert.deepEqual(found, expected, JSON.stringify(item))
    const type = signal.status === 'ERROR' ? 'vehicle.signal_failed' : 'vehicle.state_reported'
    assert.equal(event.eventType, type)
  }
})

test('a part’s fingerprint covers its own vehicle, webhookId and eventName alone', () => {
  const print = (body: object): number | undefined => eventsOf(smartcar, body)[0]?.fingerprint
  const original = print(scheduled)
  const same: readonly object[] = [
    { ...scheduled, version: '2.1' },
    { ...scheduled, eventName: 'scheduled' },
    { ...scheduled, mode: 'live' },
    { ...scheduled, sentAt: 5, meta: { deliveredAt: 5 } },
    { ...scheduled, payload: { vehicles: [first] } },
    { ...scheduled, payload: { vehicles: [first, { ...second, requestId: 'r-3' }], page: 2 } },
  ]
  for (const body of same) assert.equal(print(body), original, JSON.stringify(body))
  const other: readonly object[] = [
    { ...scheduled, webhookId: 'w-2' },
    { ...scheduled, eventName: 'dynamic' },
    { ...scheduled, payload: { vehicles: [{ ...first, requestId: 'r-9' }] } },
    { ...scheduled, payload: { vehicles: [{ ...first, extra: 1 }] } },
    { ...scheduled, payload: { vehicles: [{ ...first, data: first.data.slice(1) }] } },
    { ...scheduled, payload: { vehicles: [{ ...first, timestamp: '2026-11-21T08:00:01Z' }] } },
  ]
  for (const body of other) assert.notEqual(print(body), original, JSON.stringify(body))
})

test('a vehicle without a time takes the receipt’s, which is not content', () => {
  const vehicles = [
    { vehicleId: 'v', requestId: 'r', data: [{ path: '/vin', code: 200, body: {} }] },
  ]
  const body = { ...scheduled, payload: { vehicles } }
  const [early, late] = [1, 2].map(seconds =>
    eventOf(smartcar, body, { receivedAt: receivedAt + seconds * 1_000_000 }),
  )
  assert.ok(early !== undefined && late !== undefined)
  assert.notEqual(early.occurredAt, late.occurredAt)
  assert.equal(early.eventId, late.eventId)
  assert.equal(early.fingerprint, late.fingerprint)
})

const occurrence = {
  version: '2.0',
  webhookId: 'w-1',
  eventName: 'eventBased',
  mode: 'live',
  payload: {
    eventId: 'e-1',
    vehicleId: 'v-1',
    eventType: 'CHARGING_STARTED',
    eventTime: measuredAt,
  },
}

test('an event-based delivery is one event that measured nothing', () => {
  const { fingerprint, attributesJson, ...event } = eventOf(smartcar, occurrence)
  assert.equal(attributesJson, canonicalJson(event.attributes))
  assert.equal(typeof fingerprint, 'number')
  assert.deepEqual(event, {
    domain: 'vehicle',
    eventId: 'e-1',
    eventType: 'vehicle.state_reported',
    source: 'smartcar',
    sourceEventType: 'eventBased:CHARGING_STARTED',
    tenantId: 'demo',
    subaccountId: null,
    resource: { type: 'vehicle', id: 'v-1' },
    occurredAt: measured,
    mode: 'LIVE',
    deliveryAttempt: null,
    fields: {
      vehicle_id: 'v-1',
      user_id: null,
      make: null,
      model: null,
      vin: null,
      year: null,
      triggers: [],
      signals: [],
      errors: [],
    },
    attributes: { version: '"2.0"', webhookId: '"w-1"' },
    mapperVersion: '1',
  })
})

test('what happened and when are content of an event-based delivery', () => {
  const print = (changes: object): number =>
    eventOf(smartcar, { ...occurrence, payload: { ...occurrence.payload, ...changes } }).fingerprint
  const original = print({})
  assert.notEqual(print({ eventType: 'CHARGING_STOPPED' }), original)
  assert.notEqual(print({ eventTime: '2026-11-21T08:00:01Z' }), original)
  assert.notEqual(print({ extra: 1 }), original)
})
