import assert from 'node:assert/strict'
import { test } from 'node:test'

import { platform } from '@fleet/signatures'
import fc from 'fast-check'

import { identify } from '../../src/identify.ts'
import { normalize } from '../../src/normalize.ts'
import { everyAdapter } from '../endpoint-of.ts'
import { rawsOf } from './deliver.ts'

const knownNames = (
  'event_id event_type occurred_at resource_id resource_type data meta mode tenant_id id type ' +
  'timestamp resource eventId eventType eventName vehicleId payload vehicles signals errors error ' +
  'triggers vehicle user code path body value status oemUpdatedAt amount amount_minor currency ' +
  'customer_id starts_at __proto__ constructor'
).split(' ')
const knownTexts = (
  'billing.charge_succeeded claim.opened booking_created VEHICLE_STATE VEHICLE_ERROR schedule ' +
  'eventBased EUR 12.50 2026-11-21T08:00:00Z 1795248000 TEST ERROR RESOLVED PERMISSION'
).split(' ')

/** Documents that look like deliveries often enough to reach the far corners. */
const { value: anyJson } = fc.letrec<{ value: unknown; object: unknown }>(tie => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.constantFrom(...knownTexts),
    fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(fc.oneof(fc.constantFrom(...knownNames), fc.string()), tie('value')), {
      maxLength: 8,
    })
    .map(entries => Object.fromEntries(entries)),
}))

const complete = {
  event_id: 'e',
  event_type: 'billing.charge_succeeded',
  occurred_at: 1_795_248_000,
  resource_id: 'r',
  resource_type: 't',
  id: 'e',
  type: 'booking_created',
  timestamp: 1_795_248_000,
  resource: { type: 'booking', id: 'B' },
  eventId: 'e',
  eventType: 'VEHICLE_STATE',
  vehicleId: 'v',
  meta: { deliveredAt: 1_795_248_000_000 },
}
const headers = { 'webhook-id': 'm', 'webhook-timestamp': '1795248000' }
const adapter = fc.constantFrom(...everyAdapter)

/** Plain data: it can be written as a record. */
function assertPlain(value: unknown): void {
  assert.deepEqual(JSON.parse(JSON.stringify(value)), value)
}

test('any JSON body gives an event or a refusal, never an exception', () => {
  fc.assert(
    fc.property(adapter, anyJson, fc.boolean(), (endpoint, json, isComplete) => {
      const merged = isComplete && typeof json === 'object' ? { ...complete, ...json } : json
      const bytes = Buffer.from(JSON.stringify(merged))
      if (identify(endpoint, bytes, headers, 0, platform).kind !== 'records') return
      for (const raw of rawsOf(endpoint, bytes.toString(), { headers })) {
        const first = normalize(raw, endpoint, platform)
        assert.deepEqual(normalize(raw, endpoint, platform), first)
        assert.ok(normalize(raw, undefined, platform))
        if (first.ok) assertPlain(first.event.fields)
      }
    }),
    { numRuns: 2000 },
  )
})

test('a record that says one thing and a body that says another still give an answer', () => {
  const bodies = fc.oneof(
    anyJson.map(json => Buffer.from(JSON.stringify(json))),
    fc.uint8Array().map(bytes => Buffer.from(bytes)),
  )
  const [template] = rawsOf(everyAdapter[0], complete)
  assert.ok(template !== undefined)
  fc.assert(
    fc.property(adapter, bodies, fc.nat({ max: 70 }), (endpoint, body, part) => {
      const raw = { ...template, body, part_index: part }
      assert.equal(typeof normalize(raw, endpoint, platform).ok, 'boolean')
    }),
    { numRuns: 1000 },
  )
})

test('every member of data is a field or an attribute', () => {
  const names = fc.oneof(fc.constantFrom('customer_id', 'reason', 'amount'), fc.string())
  const data = fc.dictionary(names, fc.jsonValue({ maxDepth: 2 }))
  fc.assert(
    fc.property(data, members => {
      const body = { ...complete, data: members }
      const [raw] = rawsOf(everyAdapter[0], body)
      assert.ok(raw !== undefined)
      const normalization = normalize(raw, everyAdapter[0], platform)
      assert.ok(normalization.ok)
      const { fields, attributes } = normalization.event
      for (const [name, value] of Object.entries(members)) {
        const held = Object.entries(fields).some(([field, read]) => field === name && read !== null)
        const says = value !== null || !Object.hasOwn(fields, name)
        assert.equal(Object.hasOwn(attributes, `data.${name}`), says && !held, name)
      }
    }),
  )
})
