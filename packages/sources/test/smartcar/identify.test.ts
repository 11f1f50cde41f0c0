import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import { platform } from '@fleet/signatures'
import fc from 'fast-check'

import type { Identified, IdentifiedPart } from '../../src/identified.ts'
import { identify } from '../../src/identify.ts'
import { smartcar } from '../endpoint-of.ts'

const received = 1_800_000_000_000_000
const at = 1_700_000_000_000

function run(body: unknown): Identified {
  return identify(smartcar, Buffer.from(JSON.stringify(body)), {}, received, platform)
}

function partsOf(body: unknown): readonly IdentifiedPart[] {
  const identified = run(body)
  assert.ok(identified.kind === 'records', identified.kind)
  return identified.parts
}

function onlyPart(body: unknown): IdentifiedPart {
  const [part, ...others] = partsOf(body)
  assert.ok(part !== undefined && others.length === 0)
  return part
}

function signal(code: string, meta: unknown): Record<string, unknown> {
  return { code, status: { value: 'SUCCESS' }, body: { value: 1 }, meta }
}

const state = {
  eventId: 'e1',
  eventType: 'VEHICLE_STATE',
  vehicleId: 'v1',
  data: {
    vehicle: { id: 'v1' },
    signals: [
      signal('a', { oemUpdatedAt: at, retrievedAt: at + 9000 }),
      signal('b', { fetchedAt: at + 5000 }),
      { code: 'c', status: { value: 'ERROR', error: { type: 'PERMISSION' } } },
    ],
  },
  meta: { deliveryId: 'd1', deliveredAt: at + 60_000, version: '4.0', webhookId: 'w1' },
}

test('a vehicle state is identified, as new as its newest signal', () => {
  assert.deepEqual(onlyPart(state), {
    eventId: 'e1',
    sourceEventType: 'VEHICLE_STATE',
    resourceType: 'vehicle',
    resourceId: 'v1',
    occurredAt: (at + 5000) * 1000,
    deliveryAttempt: null,
    key: 'demo/vehicle/v1',
    partIndex: 0,
    partCount: 1,
    unidentifiedReason: null,
  })
})

test('the vehicle id may stand at the top level or in data.vehicle', () => {
  assert.equal(onlyPart({ ...state, vehicleId: undefined }).resourceId, 'v1')
  const top = { ...state, data: { signals: [] } }
  assert.equal(onlyPart(top).resourceId, 'v1')
  const none = { ...state, vehicleId: undefined, data: {} }
  assert.equal(onlyPart(none).unidentifiedReason, 'no_resource_id')
})

const deliveredTimes: readonly [string, unknown, number | null][] = [
  ['milliseconds', at, at * 1000],
  ['ISO text', '2023-11-14T22:13:20.000Z', at * 1000],
  ['seconds', at / 1000, at * 1000],
  ['nothing', undefined, null],
]
for (const [name, deliveredAt, expected] of deliveredTimes) {
  test(`without signal times a state is as old as its delivery, given as ${name}`, () => {
    const signals = [{ code: 'c', status: { value: 'ERROR' } }]
    const body = { ...state, data: { signals }, meta: { deliveredAt } }
    assert.equal(onlyPart(body).occurredAt, expected)
  })
}

test('an error is as old as its delivery, whatever else it carries', () => {
  const error = { ...state, eventType: 'VEHICLE_ERROR' }
  assert.equal(onlyPart(error).occurredAt, (at + 60_000) * 1000)
})

const signalTimes: readonly [string, unknown, unknown, number][] = [
  ['oemUpdatedAt', { oemUpdatedAt: at, retrievedAt: at + 1, fetchedAt: at + 2 }, undefined, at],
  ['retrievedAt', { retrievedAt: at + 1, fetchedAt: at + 2 }, undefined, at + 1],
  ['fetchedAt', { fetchedAt: at + 2 }, undefined, at + 2],
  ['its own timestamp', {}, at + 3, at + 3],
  ["the vehicle's timestamp", {}, undefined, at + 4],
  ['what can be read', { oemUpdatedAt: 'never', fetchedAt: at + 2 }, at + 3, at + 2],
]
for (const [name, meta, timestamp, expected] of signalTimes) {
  test(`a signal was observed at ${name}, in that order`, () => {
    const data = { vehicle: { timestamp: at + 4 }, signals: [{ ...signal('a', meta), timestamp }] }
    assert.equal(onlyPart({ ...state, data }).occurredAt, expected * 1000)
  })
}

test('a retry keeps its identity when only the delivery differs', () => {
  const retry = { ...state, meta: { ...state.meta, deliveryId: 'd2', deliveredAt: at + 90_000 } }
  assert.deepEqual(onlyPart(retry), onlyPart(state))
})

test('an event-based v2 delivery is one event', () => {
  const payload = { eventId: 'e9', vehicleId: 'v1', eventType: 'lowFuel', eventTime: at }
  const body = { version: '2.0', webhookId: 'w1', eventName: 'eventBased', payload }
  const part = onlyPart(body)
  assert.equal(part.eventId, 'e9')
  assert.equal(part.sourceEventType, 'eventBased:lowFuel')
  assert.equal(part.occurredAt, at * 1000)
  assert.equal(part.key, 'demo/vehicle/v1')
  assert.deepEqual(onlyPart({ ...body, payload: undefined, ...payload }), part)
  const timeless = { ...body, payload: { ...payload, eventTime: undefined } }
  assert.equal(onlyPart(timeless).occurredAt, received)
  const nameless = { ...body, payload: { ...payload, eventType: undefined } }
  assert.equal(onlyPart(nameless).unidentifiedReason, 'no_event_type')
})

const odometer = { path: '/odometer', code: 200, requestId: 'r1', body: { distance: 1 } }
const battery = { path: '/battery', code: 200, requestId: 'r2', timestamp: at }
const fleet = {
  version: '2.0',
  webhookId: 'w1',
  eventName: 'scheduled',
  payload: {
    vehicles: [
      { vehicleId: 'v1', data: [odometer, battery] },
      { vehicleId: 'v2', requestId: 'rv', timestamp: at + 1, data: [{ path: '/odometer' }] },
    ],
  },
}

// python3: 'sc2:' + sha256(json.dumps([webhookId, eventName, vehicleId, pairs],
//   separators=(',', ':'), ensure_ascii=False).encode()).hexdigest()[:32]
test('a v2 delivery is one record for each vehicle, identified by a digest', () => {
  const parts = partsOf({ ...fleet, eventName: 'schedule' })
  assert.deepEqual(
    parts.map(part => [part.eventId, part.key, part.occurredAt, part.partIndex, part.partCount]),
    [
      ['sc2:3ffbcd6988d057996a3cc18ca04c4aab', 'demo/vehicle/v1', at * 1000, 0, 2],
      [idOf('schedule', 'v2', [['/odometer', 'rv']]), 'demo/vehicle/v2', (at + 1) * 1000, 1, 2],
    ],
  )
  assert.ok(parts.every(part => part.sourceEventType === 'schedule'))
})

test('scheduled is schedule in the digest and itself in the type', () => {
  const [first] = partsOf(fleet)
  assert.equal(first?.eventId, 'sc2:3ffbcd6988d057996a3cc18ca04c4aab')
  assert.equal(first?.sourceEventType, 'scheduled')
})

const digests: readonly [string, unknown, unknown, string][] = [
  [
    'the request of the vehicle stands in for that of the item',
    'w1',
    { vehicleId: 'v2', requestId: 'rv', data: [{ path: '/odometer' }] },
    'sc2:3fc2c6b80b23ff142314686fc05c05b2',
  ],
  [
    'the hash of the whole vehicle stands in for any request',
    'w1',
    { vehicleId: 'v3', data: [] },
    'sc2:58ed637476b42eac81ee3422fef456b4',
  ],
  [
    'a number is an id by its digits, and a missing webhook is null',
    undefined,
    { vehicleId: 7, requestId: 'r' },
    'sc2:7beb1cc14e95170642020aa1f89d8882',
  ],
]
for (const [rule, webhookId, vehicle, expected] of digests) {
  test(`v2 digest: ${rule}`, () => {
    const body = { webhookId, eventName: 'dynamic', payload: { vehicles: [vehicle] } }
    const part = onlyPart(body)
    assert.equal(part.eventId, expected)
    assert.equal(part.occurredAt, received)
  })
}

const anyItem = fc.record({
  path: fc.constantFrom('/odometer', '/battery', '/', '/é', '/\u{1F697}', '/\uFF5E'),
  requestId: fc.string({ minLength: 1, maxLength: 4 }),
})

test('the v2 digest does not depend on the order of the data', () => {
  const shuffled = fc
    .array(anyItem, { maxLength: 8 })
    .chain(data =>
      fc.tuple(
        fc.constant(data),
        fc.shuffledSubarray(data, { minLength: data.length, maxLength: data.length }),
      ),
    )
  fc.assert(
    fc.property(shuffled, ([data, other]) => {
      const body = (items: unknown): unknown => ({
        ...fleet,
        payload: { vehicles: [{ vehicleId: 'v1', requestId: 'r', data: items }] },
      })
      assert.deepEqual(onlyPart(body(data)), onlyPart(body(other)))
      const pairs = data.map((item): [string, string] => [item.path, item.requestId])
      const expected = pairs.length === 0 ? [['', 'r'] as [string, string]] : sorted(pairs)
      assert.equal(onlyPart(body(data)).eventId, idOf('schedule', 'v1', expected))
    }),
  )
})

test('no part of a v2 delivery depends on the other vehicles', () => {
  const [first] = partsOf(fleet)
  const alone = { ...fleet, payload: { vehicles: fleet.payload.vehicles.slice(0, 1) } }
  assert.equal(onlyPart(alone).eventId, first?.eventId)
})

const refusedFleets: readonly [string, unknown, string][] = [
  ['no vehicles', { vehicles: [] }, 'no_vehicles'],
  ['no payload', undefined, 'no_vehicles'],
  ['vehicles that are no list', { vehicles: {} }, 'no_vehicles'],
  ['one vehicle without id', { vehicles: [{ vehicleId: 'v1' }, {}] }, 'vehicle_without_id'],
  ['a vehicle that is no object', { vehicles: ['v1'] }, 'vehicle_without_id'],
  ['65 vehicles', { vehicles: vehicles(65) }, 'too_many_vehicles'],
]
for (const [name, payload, reason] of refusedFleets) {
  test(`a v2 delivery with ${name} is one unidentified record`, () => {
    const part = onlyPart({ ...fleet, payload })
    assert.equal(part.unidentifiedReason, reason)
    assert.equal(part.sourceEventType, 'scheduled')
    assert.equal(part.eventId, null)
    assert.match(part.key, /^demo\/unidentified\/[0-9a-f]{32}$/)
  })
}

test('64 vehicles are 64 records', () => {
  const parts = partsOf({ ...fleet, payload: { vehicles: vehicles(64) } })
  assert.equal(parts.length, 64)
  assert.equal(parts[63]?.partIndex, 63)
  assert.equal(new Set(parts.map(part => part.eventId)).size, 64)
})

test('a body that says neither eventType nor eventName is unidentified', () => {
  const part = onlyPart({ eventId: 'e1', vehicleId: 'v1' })
  assert.equal(part.unidentifiedReason, 'no_event_type')
  assert.equal(part.eventId, 'e1')
})

test('an unknown event type is identified like a state', () => {
  const part = onlyPart({ ...state, eventType: 'VEHICLE_SOMETHING' })
  assert.equal(part.sourceEventType, 'VEHICLE_SOMETHING')
  assert.equal(part.unidentifiedReason, null)
})

function vehicles(count: number): unknown[] {
  return Array.from({ length: count }, (_, index) => ({ vehicleId: `v${index}` }))
}

function idOf(eventName: string, vehicleId: string, pairs: readonly [string, string][]): string {
  const text = JSON.stringify(['w1', eventName, vehicleId, pairs])
  return `sc2:${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
}

/** By path, then request, each in the order of UTF-16 units. */
function sorted(pairs: readonly [string, string][]): [string, string][] {
  return pairs.toSorted(([leftPath, leftRequest], [rightPath, rightRequest]) => {
    if (leftPath !== rightPath) return leftPath < rightPath ? -1 : 1
    return leftRequest < rightRequest ? -1 : leftRequest > rightRequest ? 1 : 0
  })
}
