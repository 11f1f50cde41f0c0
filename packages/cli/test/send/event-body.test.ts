import assert from 'node:assert/strict'
import { test } from 'node:test'
import { platform } from '@fleet/signatures'
import { identify, parseEndpoints, signDelivery, verifyDelivery } from '@fleet/sources'
import type { Endpoint } from '@fleet/sources'
import { eventBody } from '../../src/send/event-body.ts'
import type { SampleEvent } from '../../src/send/event-body.ts'

const nowMs = Date.UTC(2026, 10, 21, 8, 30, 0, 250)
const nowMicros = nowMs * 1000

function endpoint(adapter: string, more: Record<string, unknown> = {}): Endpoint {
  const one = {
    id: 'e1',
    tenant_id: 'demo',
    source: 'levy',
    adapter,
    secrets: [{ id: 'k1', ref: 'file:k1' }],
    ...(adapter === 'generic' ? { signature: genericSignature, paths: {} } : {}),
    ...more,
  }
  const reading = parseEndpoints(JSON.stringify({ version: 1, endpoints: [one] }), 'development')
  assert.ok(reading.ok, JSON.stringify(reading))
  const [first] = reading.endpoints
  assert.ok(first)
  return first
}

const genericSignature = {
  header: 'x-levy-signature',
  algorithm: 'hmac-sha256',
  encoding: 'hex',
  prefix: 'sha256=',
  signed_content: '{body}',
}

function sample(more: Partial<SampleEvent>): SampleEvent {
  return {
    type: 'reservation.created',
    resourceType: 'reservation',
    resourceId: 'R1',
    eventId: 'evt-1',
    occurredAt: null,
    nowMs,
    data: null,
    mode: null,
    deliveryId: 'd1',
    ...more,
  }
}

function bytesOf(body: Record<string, unknown>): Buffer {
  return Buffer.from(JSON.stringify(body))
}

function identified(at: Endpoint, event: SampleEvent) {
  const body = bytesOf(eventBody(at, event))
  const headers = signDelivery(at, Buffer.from('key'), { body, id: event.eventId, nowMs }, platform)
  assert.ok(headers)
  const found = identify(at, body, headers, nowMicros, platform)
  assert.equal(found.kind, 'records')
  const part = found.kind === 'records' ? found.parts[0] : undefined
  assert.ok(part)
  return {
    eventId: part.eventId,
    type: part.sourceEventType,
    resource: `${part.resourceType}/${part.resourceId}`,
    occurredAt: part.occurredAt,
    unidentified: part.unidentifiedReason,
  }
}

const cases: readonly (readonly [
  string,
  Endpoint,
  Partial<SampleEvent>,
  { type: string; resource: string; occurredAt: number },
])[] = [
  [
    'generic',
    endpoint('generic'),
    {},
    { type: 'reservation.created', resource: 'reservation/R1', occurredAt: nowMicros },
  ],
  [
    'generic, the type of the resource taken from the event’s',
    endpoint('generic'),
    { type: 'rental_session.active', resourceType: null },
    { type: 'rental_session.active', resource: 'rental_session/R1', occurredAt: nowMicros },
  ],
  [
    'generic, at the endpoint’s own paths',
    endpoint('generic', {
      paths: {
        event_id: '$.meta.ids[0]',
        event_type: '$.meta.kind',
        occurred_at: '$.when',
        resource_id: '$.meta.ids[1]',
        resource_type: '$.what',
        data: '$.payload.inner',
      },
    }),
    { data: { a: 1 } },
    { type: 'reservation.created', resource: 'reservation/R1', occurredAt: nowMicros },
  ],
  [
    'generic, at a given time',
    endpoint('generic'),
    { occurredAt: '2026-11-20T00:00:00Z' },
    {
      type: 'reservation.created',
      resource: 'reservation/R1',
      occurredAt: Date.UTC(2026, 10, 20) * 1000,
    },
  ],
  [
    'ump, in whole seconds',
    endpoint('ump'),
    { type: 'booking_created', resourceType: null },
    {
      type: 'booking_created',
      resource: 'reservation/R1',
      occurredAt: Date.UTC(2026, 10, 21, 8, 30) * 1000,
    },
  ],
  [
    'standard webhooks',
    endpoint('standard-webhooks'),
    { type: 'customer.created', resourceType: 'customer' },
    { type: 'customer.created', resource: 'customer/R1', occurredAt: nowMicros },
  ],
  [
    'smartcar state',
    endpoint('smartcar'),
    { type: 'VEHICLE_STATE', resourceType: 'vehicle' },
    { type: 'VEHICLE_STATE', resource: 'vehicle/R1', occurredAt: nowMicros },
  ],
  [
    'smartcar state, its signals at a given time',
    endpoint('smartcar'),
    {
      type: 'vehicle.state_reported',
      occurredAt: '2026-11-20T00:00:00Z',
      data: { signals: [{ code: 'a', status: { value: 'SUCCESS' }, body: { value: 1 } }] },
    },
    {
      type: 'VEHICLE_STATE',
      resource: 'vehicle/R1',
      occurredAt: Date.UTC(2026, 10, 20) * 1000,
    },
  ],
  [
    'smartcar error',
    endpoint('smartcar'),
    { type: 'VEHICLE_ERROR', occurredAt: '2026-11-20T00:00:00Z' },
    {
      type: 'VEHICLE_ERROR',
      resource: 'vehicle/R1',
      occurredAt: Date.UTC(2026, 10, 20) * 1000,
    },
  ],
]

for (const [name, at, event, expected] of cases) {
  test(`the edge reads back what was asked for: ${name}`, () => {
    const found = identified(at, sample(event))
    assert.deepEqual(found, { eventId: 'evt-1', unidentified: null, ...expected })
  })

  test(`the signature holds, and not for a changed body: ${name}`, () => {
    const body = bytesOf(eventBody(at, sample(event)))
    const key = Buffer.from('key')
    const headers = signDelivery(at, key, { body, id: 'evt-1', nowMs }, platform)
    assert.ok(headers)
    const secrets = [{ id: 'k1', key, notBeforeMs: null, notAfterMs: null }]
    const verdict = (bytes: Uint8Array) =>
      verifyDelivery(at, secrets, { headers, body: bytes, nowMs }, platform)
    assert.equal(verdict(body).ok, true)
    assert.equal(verdict(Buffer.concat([body, Buffer.from(' ')])).ok, false)
  })
}

test('the same event gives the same bytes', () => {
  const at = endpoint('smartcar')
  const event = sample({ type: 'VEHICLE_STATE' })
  assert.deepEqual(bytesOf(eventBody(at, event)), bytesOf(eventBody(at, event)))
})

test('smartcar’s challenge is what stands for the resource', () => {
  const body = eventBody(endpoint('smartcar'), sample({ type: 'VERIFY', resourceId: 'abc' }))
  const found = identify(endpoint('smartcar'), bytesOf(body), {}, nowMicros, platform)
  assert.deepEqual(found, { kind: 'challenge', challenge: 'abc' })
})

test('TEST is written where each source has it', () => {
  const test = { mode: 'TEST' }
  assert.equal(eventBody(endpoint('generic'), sample(test))['mode'], 'TEST')
  const { meta } = eventBody(endpoint('smartcar'), sample(test)) as { meta: { mode: string } }
  assert.equal(meta.mode, 'TEST')
})
