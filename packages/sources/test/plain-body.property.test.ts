import assert from 'node:assert/strict'
import { test } from 'node:test'

import { platform } from '@fleet/signatures'
import fc from 'fast-check'

import type { Attributes } from '../src/attributes.ts'
import type { Endpoint } from '../src/endpoint.ts'
import { readEnvelope, readWholeBody } from '../src/normalize/envelope-reading.ts'
import { fingerprintOf } from '../src/normalize/fingerprint.ts'
import { readMode } from '../src/normalize/mode.ts'
import type { Reading } from '../src/normalize/reading.ts'
import { toPath } from '../src/paths.ts'
import { PlainBody } from '../src/plain-body.ts'
import { isJsonObject, parseStrictJson } from '../src/strict-json.ts'
import { endpointOf, levy, standardWebhooks, ump } from './endpoint-of.ts'
import { rawsOf } from './normalize/deliver.ts'
import { plainValue } from './plain-texts.ts'

const unusual = endpointOf({
  id: 'unusual',
  paths: {
    event_id: '$.head.ids[0]',
    resource_id: '$.data.deep.id',
    resource_type: '$.data.kind',
    delivery_attempt: '$.head.attempt',
    subaccount_id: '$.sub.account',
  },
})
const withoutData = endpointOf({ id: 'without-data', paths: { data: null } })
const otherData = endpointOf({ id: 'other-data', paths: { data: '$.payload' } })
const deepData = endpointOf({ id: 'deep-data', paths: { data: '$.head.data' } })
const endpoints = [levy, ump, standardWebhooks, unusual, withoutData, otherData, deepData] as const

const complete = {
  event_id: 'e',
  event_type: 'billing.charge_succeeded',
  occurred_at: 1_795_248_000,
  resource_id: 'r',
  resource_type: 't',
}
const [template] = rawsOf(levy, complete)

const names = (
  'event_id event_type occurred_at resource_id resource_type data payload meta mode tenant_id id type ' +
  'timestamp resource head sub triggers signals amount amount_minor currency customer_id starts_at ' +
  'delivery_attempt attempt delivery_id name deep kind data.x database 1 __proto__'
).split(' ')
const texts = 'e r t TEST live EUR 12.50 2026-11-21T08:00:00Z 1795248000 Straße demo'.split(' ')
const types =
  'billing.charge_succeeded vehicle.updated reservation.created customer.updated unknown.thing'
const { value, object } = fc.letrec<{ value: unknown; object: Record<string, unknown> }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>(...texts, 1, null, true, 1_795_248_000),
    plainValue,
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(fc.constantFrom(...names), tie('value')), { maxLength: 8 })
    .map(entries => Object.fromEntries(entries)),
}))
const bodies = fc
  .tuple(object, fc.option(value), fc.boolean())
  .map(([members, data, isComplete]) => ({
    ...(isComplete ? complete : {}),
    ...members,
    ...(data === null ? {} : { data }),
  }))

const resource = { type: 't', id: 'Straße \ud800' }

function withoutBytes(reading: Reading): Reading {
  const without = ({ record, json }: Attributes): Attributes => {
    return { record, json, encoded: null, jsonBytes: null }
  }
  const { attributes, content } = reading
  return {
    ...reading,
    attributes: without(attributes),
    content: { ...content, attributes: without(content.attributes) },
  }
}

const plain = new PlainBody()

function isRead({ paths }: Endpoint, body: unknown): boolean {
  const name = paths.data === null ? null : toPath(paths.data).memberName
  if (paths.data !== null && name === null) return false
  return plain.read(Buffer.from(JSON.stringify(body)), name, platform)
}

test('a body read in part gives the event of a body read whole', () => {
  assert.ok(template !== undefined)
  let inPart = 0
  const eventTypes = fc.constantFrom(...types.split(' '))
  fc.assert(
    fc.property(fc.constantFrom(...endpoints), eventTypes, bodies, (endpoint, type, body) => {
      const bytes = Buffer.from(JSON.stringify(body))
      const raw = { ...template, body: bytes, source_event_type: type }
      if (!isRead(endpoint, body)) return
      inPart++
      const whole = parseStrictJson(bytes, platform)
      assert.ok(whole.ok && isJsonObject(whole.value))
      const { adapter } = endpoint
      const told = readEnvelope(raw, type, adapter, plain, endpoint)
      const fingerprint = fingerprintOf(told, resource, 1, platform)
      const view = readWholeBody(whole.value, endpoint.paths.data)
      const expected = readEnvelope(raw, type, adapter, view, endpoint)
      assert.deepEqual(withoutBytes(told), expected)
      assert.equal(fingerprint, fingerprintOf(expected, resource, 1, platform))
      assert.deepEqual(Object.keys(told.attributes.record), Object.keys(expected.attributes.record))
      assert.equal(readMode(plain), readMode(view))
    }),
    { numRuns: 6000 },
  )
  assert.ok(inPart > 2000, String(inPart))
})

test('usual bodies of every adapter with paths are read in part', () => {
  const data = { vehicle: { id: 'v', lines: [{ a: 1 }] }, customer_id: 'c' }
  const meta = { mode: 'live', trace: ['a'] }
  assert.ok(isRead(levy, { ...complete, data, meta }))
  assert.ok(isRead(ump, { id: 'e', type: 't', resource: { type: 'booking', id: 'B' }, data }))
  assert.ok(isRead(standardWebhooks, { type: 't', data: { ...data, resource_id: 'r' } }))
})
