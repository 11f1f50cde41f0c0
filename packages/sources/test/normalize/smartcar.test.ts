import assert from 'node:assert/strict'
import { test } from 'node:test'

import { canonicalJson } from '../../src/canonical-json.ts'
import { smartcar } from '../endpoint-of.ts'
import { eventOf, fieldOf, normalizationsOf } from './deliver.ts'

const oem = 1_795_249_000_000
const state = {
  eventId: 'ev-1',
  eventType: 'VEHICLE_STATE',
  data: {
    user: { id: 'u-1' },
    vehicle: { id: 'v-1', make: 'TESLA', model: 'Model 3', year: 2021, vin: 'VIN1', mode: 'live' },
    triggers: [{ code: 'odometer-traveleddistance', name: 'TraveledDistance', group: 'Odometer' }],
    signals: [
      {
        code: 'odometer-traveleddistance',
        name: 'TraveledDistance',
        group: 'Odometer',
        status: { value: 'SUCCESS' },
        body: { value: 12_345.5, unit: 'km' },
        meta: { oemUpdatedAt: oem, retrievedAt: oem + 5000 },
      },
      {
        code: 'location-preciselocation',
        name: 'PreciseLocation',
        group: 'Location',
        status: { value: 'SUCCESS' },
        body: { longitude: 13.4, latitude: 52.5 },
        meta: { retrievedAt: oem + 1000 },
      },
      {
        code: 'charge-ischarging',
        name: 'IsCharging',
        group: 'Charge',
        status: { value: 'ERROR', error: { type: 'COMPATIBILITY', code: 'VEHICLE_NOT_CAPABLE' } },
      },
    ],
  },
  meta: {
    deliveryId: 'd-1',
    deliveredAt: oem + 9000,
    version: '4.0',
    webhookId: 'w-1',
    mode: 'LIVE',
  },
}

test('a vehicle state becomes an event with its signals in order', () => {
  const { fingerprint, attributesJson, ...event } = eventOf(smartcar, state)
  assert.equal(attributesJson, canonicalJson(event.attributes))
  assert.equal(typeof fingerprint, 'number')
  const rest = { error_type: null, error_code: null, won: false }
  assert.deepEqual(event, {
    domain: 'vehicle',
    eventId: 'ev-1',
    eventType: 'vehicle.state_reported',
    source: 'smartcar',
    sourceEventType: 'VEHICLE_STATE',
    tenantId: 'demo',
    subaccountId: null,
    resource: { type: 'vehicle', id: 'v-1' },
    occurredAt: (oem + 1000) * 1000,
    mode: 'LIVE',
    deliveryAttempt: null,
    fields: {
      vehicle_id: 'v-1',
      user_id: 'u-1',
      make: 'TESLA',
      model: 'Model 3',
      vin: 'VIN1',
      year: 2021,
      triggers: ['odometer-traveleddistance'],
      signals: [
        {
          code: 'odometer-traveleddistance',
          name: 'TraveledDistance',
          group: 'Odometer',
          status: 'SUCCESS',
          value_json: '12345.5',
          unit: 'km',
          observed_at: oem * 1000,
          ...rest,
        },
        {
          code: 'location-preciselocation',
          name: 'PreciseLocation',
          group: 'Location',
          status: 'SUCCESS',
          value_json: '{"latitude":52.5,"longitude":13.4}',
          unit: null,
          observed_at: (oem + 1000) * 1000,
          ...rest,
        },
        {
          code: 'charge-ischarging',
          name: 'IsCharging',
          group: 'Charge',
          status: 'ERROR',
          error_type: 'COMPATIBILITY',
          error_code: 'VEHICLE_NOT_CAPABLE',
          value_json: null,
          unit: null,
          // It has no time of its own: the event's.
          observed_at: (oem + 1000) * 1000,
          won: false,
        },
      ],
      errors: [],
    },
    attributes: {
      'data.vehicle': '{"mode":"live"}',
      meta: `{"deliveredAt":${oem + 9000},"deliveryId":"d-1","version":"4.0","webhookId":"w-1"}`,
    },
    mapperVersion: '1',
  })
})

function withSignals(signals: readonly object[], meta: object = state.meta): object {
  return { ...state, data: { vehicle: { id: 'v-1' }, signals }, meta }
}

test('only when every signal failed the event says so', () => {
  const good = { code: 'a', status: { value: 'SUCCESS' }, body: { value: 1 } }
  const bad = { code: 'b', status: { value: 'ERROR' } }
  const rows: readonly [signals: readonly object[], type: string][] = [
    [[], 'vehicle.state_reported'],
    [[good], 'vehicle.state_reported'],
    [[good, bad], 'vehicle.state_reported'],
    [[bad], 'vehicle.signal_failed'],
    [[bad, bad], 'vehicle.signal_failed'],
    [[{ noCode: true }], 'vehicle.state_reported'],
  ]
  for (const [signals, type] of rows) {
    assert.equal(eventOf(smartcar, withSignals(signals)).eventType, type, JSON.stringify(signals))
  }
})

test('one code twice stays twice, in order', () => {
  const signals = [
    { code: 'a', body: { value: 1 }, meta: { oemUpdatedAt: oem } },
    { code: 'a', body: { value: 2 }, meta: { oemUpdatedAt: oem } },
  ]
  const read = fieldOf(eventOf(smartcar, withSignals(signals)), 'signals')
  assert.ok(Array.isArray(read))
  assert.deepEqual(
    read.map((signal: { value_json: string }) => signal.value_json),
    ['1', '2'],
  )
})

/** What of a signal is compared: status, value, error type, error code. */
const signalRows: readonly [signal: object, expected: readonly unknown[]][] = [
  [
    { code: 'a', status: { value: 'success' }, body: { value: null } },
    ['SUCCESS', 'null', null, null],
  ],
  [{ code: 'a', status: 'SUCCESS', body: { value: [] } }, ['SUCCESS', '[]', null, null]],
  [{ code: 'a', body: { value: false } }, ['SUCCESS', 'false', null, null]],
  [{ code: 'a', body: 5 }, ['SUCCESS', '5', null, null]],
  [{ code: 'a', status: { value: 'SUCCESS' } }, ['SUCCESS', null, null, null]],
  [{ code: 'a', status: { value: 'PENDING' } }, ['ERROR', null, null, null]],
  [{ code: 'a' }, ['ERROR', null, null, null]],
  [
    { code: 'a', status: { error: { type: 'PERMISSION', code: null } }, body: { value: 1 } },
    ['ERROR', null, 'PERMISSION', null],
  ],
  [
    { code: 'a', status: { value: 'ERROR', error: 'RATE_LIMIT' } },
    ['ERROR', null, 'RATE_LIMIT', null],
  ],
  [
    { code: 'a', status: { value: 'ERROR', error: { type: 'T', code: 429 } } },
    ['ERROR', null, 'T', '429'],
  ],
]

test('status, value and error are read in every shape seen', () => {
  for (const [signal, expected] of signalRows) {
    const [read] = fieldOf(eventOf(smartcar, withSignals([signal])), 'signals') as {
      status: string
      value_json: string | null
      error_type: string | null
      error_code: string | null
    }[]
    assert.ok(read !== undefined)
    const found = [read.status, read.value_json, read.error_type, read.error_code]
    assert.deepEqual(found, expected, JSON.stringify(signal))
  }
})

test('a signal is as old as its own best time, else as the event', () => {
  const rows: readonly [meta: object | undefined, expected: number][] = [
    [{ oemUpdatedAt: oem, retrievedAt: oem + 1, fetchedAt: oem + 2 }, oem],
    [{ oemUpdatedAt: 'never', retrievedAt: oem + 1 }, oem + 1],
    [{ fetchedAt: new Date(oem).toISOString() }, oem],
    [{}, oem + 9000],
    [undefined, oem + 9000],
  ]
  for (const [meta, expected] of rows) {
    const event = eventOf(smartcar, withSignals([{ code: 'a', body: { value: 1 }, meta }]))
    const [read] = fieldOf(event, 'signals') as { observed_at: number }[]
    assert.equal(read?.observed_at, expected * 1000, JSON.stringify(meta))
    assert.equal(event.occurredAt, expected * 1000)
  }
})

test('what signals say beyond their fields stays, entry by entry', () => {
  const signals = [
    { code: 'a', body: { value: 1, unit: 'km', accuracy: 2 }, quality: 'good' },
    { code: 'b', body: { value: 1 } },
    { name: 'without a code' },
    'text',
  ]
  const { attributes } = eventOf(smartcar, withSignals(signals as object[]))
  assert.equal(
    attributes['data.signals'],
    '[{"body":{"accuracy":2},"quality":"good"},{"name":"without a code"},"text"]',
  )
})

test('triggers are read in every shape, beside the data too', () => {
  const triggers = [
    { code: 'charge-ischarging', name: 'IsCharging', group: 'Charge' },
    { type: 'SIGNAL_UPDATED', signal: { code: 'odometer-traveleddistance' } },
    { type: 'SIGNAL_UPDATED', signal: 'TractionBattery.StateOfCharge' },
    { type: 'FIRST_DELIVERY' },
    'FIRST_DELIVERY',
    7,
  ]
  const expected = [
    'charge-ischarging',
    'odometer-traveleddistance',
    'tractionbattery-stateofcharge',
    'FIRST_DELIVERY',
    'FIRST_DELIVERY',
  ]
  const inData = eventOf(smartcar, { ...state, data: { vehicle: { id: 'v-1' }, triggers } })
  assert.deepEqual(fieldOf(inData, 'triggers'), expected)
  assert.equal(
    inData.attributes['data.triggers'],
    '[{"type":"SIGNAL_UPDATED"},{"type":"SIGNAL_UPDATED"},7]',
  )
  const beside = eventOf(smartcar, { ...state, vehicleId: 'v-1', data: {}, triggers })
  assert.deepEqual(fieldOf(beside, 'triggers'), expected)
})

test('the vehicle is named at the top or in the data', () => {
  const event = eventOf(smartcar, { ...state, vehicleId: 'v-9', data: { vehicle: { id: 'v-1' } } })
  assert.equal(event.resource.id, 'v-9')
  assert.equal(fieldOf(event, 'vehicle_id'), 'v-9')
  assert.equal(event.attributes['data.vehicle'], '{"id":"v-1"}')
})

test('vehicle details that do not parse stay among the attributes', () => {
  const vehicle = { id: 'v-1', make: 5, model: 'M', year: '2021', vin: null }
  const event = eventOf(smartcar, { ...state, data: { vehicle, user: { id: {} } } })
  assert.deepEqual(
    ['make', 'model', 'year', 'vin', 'user_id'].map(name => fieldOf(event, name)),
    [null, 'M', 2021, null, null],
  )
  assert.equal(event.attributes['data.vehicle'], '{"make":5}')
  assert.equal(event.attributes['data.user'], '{"id":{}}')
})

function withErrors(errors: readonly unknown[] | undefined): object {
  return { ...state, eventType: 'VEHICLE_ERROR', data: { vehicle: { id: 'v-1' }, errors } }
}

const errorRows: readonly [errors: readonly unknown[] | undefined, type: string][] = [
  [undefined, 'signal_failed'],
  [[], 'signal_failed'],
  [[{ type: 'COMPATIBILITY', code: null, state: 'ERROR' }], 'signal_failed'],
  [[{ type: 'UPSTREAM_ERROR' }], 'signal_failed'],
  [[{ type: 'VEHICLE_STATE', state: 'RESOLVED' }], 'error_resolved'],
  [[{ type: 'PERMISSION', state: 'RESOLVED' }], 'error_resolved'],
  [[{ state: 'RESOLVED' }, { type: 'A', state: 'ERROR' }], 'signal_failed'],
  [[{ type: 'PERMISSION', state: 'ERROR' }], 'reauthentication_required'],
  [[{ type: 'PERMISSION_ERROR' }], 'reauthentication_required'],
  [[{ type: 'A', code: 'PERMISSION_REVOKED' }], 'reauthentication_required'],
  [[{ type: 'CONNECTED_SERVICES_ACCOUNT', state: 'ERROR' }], 'reauthentication_required'],
  [[{ type: 'CONNECTED_SERVICES_ACCOUNT_X', state: 'ERROR' }], 'signal_failed'],
  [['CONNECT_SERVICES_ACCOUNT:AUTHENTICATION_FAILED'], 'reauthentication_required'],
  [[{ type: 'A', code: 'AUTHENTICATION_FAILED' }], 'reauthentication_required'],
  [[{ type: 'A' }, { type: 'PERMISSION', state: 'RESOLVED' }], 'signal_failed'],
  [[{ state: 'RESOLVED' }, { code: 'PERMISSION', state: 'ERROR' }], 'reauthentication_required'],
]

test('the type of an error event depends on its open entries', () => {
  for (const [errors, type] of errorRows) {
    const event = eventOf(smartcar, withErrors(errors))
    assert.equal(event.eventType, `vehicle.${type}`, JSON.stringify(errors))
    assert.equal(event.sourceEventType, 'VEHICLE_ERROR')
  }
})

test('errors are read with mixed signals, what no field holds stays', () => {
  const event = eventOf(
    smartcar,
    withErrors([
      {
        type: 'PERMISSION',
        code: null,
        state: 'ERROR',
        description: 'Missing permission',
        suggestedUserMessage: 'Reconnect',
        docURL: 'https://example.com',
        resolution: { type: 'REAUTHENTICATE' },
        signals: [{ code: 'odometer-traveleddistance' }, 'Charge.IsCharging', 'path', 5],
      },
      null,
    ]),
  )
  assert.deepEqual(fieldOf(event, 'errors'), [
    {
      type: 'PERMISSION',
      code: null,
      state: 'ERROR',
      description: 'Missing permission',
      resolution: 'REAUTHENTICATE',
      signals: ['odometer-traveleddistance', 'charge-ischarging', 'path'],
    },
  ])
  assert.equal(
    event.attributes['data.errors'],
    '[{"docURL":"https://example.com","suggestedUserMessage":"Reconnect"},null]',
  )
  assert.equal(event.occurredAt, (oem + 9000) * 1000)
})

test('meta.mode TEST marks the event, in any case', () => {
  for (const mode of ['TEST', 'test', 'simulated']) {
    assert.equal(eventOf(smartcar, { ...state, meta: { ...state.meta, mode } }).mode, 'TEST')
  }
})

test('an unknown type keeps its name and everything it says', () => {
  const event = eventOf(smartcar, {
    ...state,
    eventType: 'VEHICLE_CONNECTED',
    data: { vehicle: { id: 'v-1' }, a: 1 },
  })
  assert.equal(event.domain, 'unmapped')
  assert.equal(event.eventType, 'VEHICLE_CONNECTED')
  assert.deepEqual(Object.keys(event.attributes).toSorted(), ['data.a', 'data.vehicle', 'meta'])
})

test('without any time an event is BAD_TIME', () => {
  const [refused] = normalizationsOf(smartcar, {
    ...state,
    data: { vehicle: { id: 'v-1' } },
    meta: {},
  })
  assert.ok(refused !== undefined && !refused.ok && refused.code === 'BAD_TIME')
})
