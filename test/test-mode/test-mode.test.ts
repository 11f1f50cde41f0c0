// What a source's test button sends changes nothing: a run with tests among its deliveries and the same
// run without them leave the same money, CRM records, alerts, tasks and state, and remember the same.
// The tests themselves are seen among the normalized events, each once.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { UnmappedEvent } from '@fleet/contracts'

import type { SampleEvent } from '../../packages/cli/src/send/event-body.ts'
import { SynchronousPipeline } from './synchronous-pipeline.ts'

const startMs = Date.parse('2026-11-20T08:00:00Z')
const minuteMs = 60_000

interface Told {
  readonly endpoint: string
  readonly type: string
  readonly resource: string
  readonly data?: Readonly<Record<string, unknown>>
}

const amount = { amount: '12.50', currency: 'EUR', customer_id: 'C1' }
const incapable = {
  signals: [
    {
      code: 'wheel-tires',
      name: 'Tires',
      group: 'Wheel',
      status: { value: 'ERROR', error: { type: 'COMPATIBILITY', code: 'VEHICLE_NOT_CAPABLE' } },
    },
  ],
}

/** Of every source whatever moves a sink. */
const deliveries: readonly Told[] = [
  ...[
    'reservation.created',
    'reservation.no_show',
    'rental_session.active',
    'rental_session.checkout_started',
    'rental_session.completed',
    'vehicle_availability.calendar_conflict',
    'incident.damage_reported',
    'claim.opened',
    'claim.resolved',
    'violation.matched',
    'violation.disputed',
    'violation.charged',
    'billing.charge_failed',
    'billing.charge_succeeded',
    'billing.adjustment_posted',
    'billing.refund_processed',
    // Beyond what was charged.
    'billing.refund_processed',
    'vehicle.command_failed',
    'customer.created',
    'customer.deleted',
    'location.created',
  ].map(type => ({ endpoint: 'levy-demo', type, resource: 'L1', data: amount })),
  ...[
    'booking_created',
    'booking_cancelled',
    'rental_started',
    'rental_closed',
    'rental_incident',
    'payment_captured',
    'payment_failed',
    'payment_refunded',
    'customer_created',
    'customer_deleted',
    'location_updated',
  ].map(type => ({ endpoint: 'ump-demo', type, resource: 'U1' })),
  { endpoint: 'smartcar-demo', type: 'VEHICLE_STATE', resource: 'S1' },
  { endpoint: 'smartcar-demo', type: 'VEHICLE_STATE', resource: 'S1', data: incapable },
  { endpoint: 'smartcar-demo', type: 'vehicle.reauthentication_required', resource: 'S1' },
  { endpoint: 'smartcar-demo', type: 'vehicle.error_resolved', resource: 'S1' },
  ...['reservation.no_show', 'billing.charge_succeeded', 'violation.disputed'].map(type => ({
    endpoint: 'sw-demo',
    type,
    resource: 'W1',
    data: amount,
  })),
]

function eventOf(told: Told, eventId: string, nowMs: number, mode: string | null): SampleEvent {
  return {
    type: told.type,
    resourceType: null,
    resourceId: told.resource,
    eventId,
    occurredAt: null,
    nowMs,
    data: told.data ?? null,
    mode,
    deliveryId: eventId,
  }
}

interface Run {
  readonly pipeline: SynchronousPipeline
  readonly tests: number
}

/** Live deliveries, around each of them the same as a test; then a day of ticks. */
function run(testModes: readonly string[]): Run {
  const pipeline = new SynchronousPipeline()
  let tests = 0
  const sendTests = (told: Told, name: string, atMs: number): void => {
    for (const mode of testModes) {
      const verdicts = pipeline.send(told.endpoint, eventOf(told, name, atMs, mode), atMs)
      // A second test with the id of the first is a repetition of it.
      tests += verdicts.filter(verdict => verdict === 'published').length
    }
  }
  for (const [index, told] of deliveries.entries()) {
    const atMs = startMs + index * minuteMs
    const id = `e${index}`
    // The id of the live one, which must not be taken for a repetition of the test.
    sendTests(told, id, atMs)
    const live = eventOf(told, id, atMs + 1000, null)
    assert.deepEqual(pipeline.send(told.endpoint, live, atMs + 1000), ['published'], told.type)
    sendTests(told, `${id}-again`, atMs + 2000)
    // About resources that no live delivery has ever named.
    sendTests({ ...told, resource: 'only-tests' }, `${id}-other`, atMs + 3000)
  }
  for (let hour = 0; hour <= 24 * 14; hour += 6) {
    pipeline.tick(startMs + (hour * 60 + deliveries.length) * minuteMs)
  }
  return { pipeline, tests }
}

/** Offsets move on with the tests; nothing else may differ. Some memories hold a record as text. */
function withoutOffsets(value: unknown): string {
  return JSON.stringify(value).replaceAll(/(offset\\*":)\d+/g, '$1')
}

function memoriesOf({ pipeline }: Run): unknown {
  return [...pipeline.memories()].map(([stage, memory]) => [
    stage,
    [...memory].map(([key, text]) => `${key} ${withoutOffsets(text)}`).toSorted(),
  ])
}

const control = run([])

test('the run moves everything that a test must not move', () => {
  const effects = control.pipeline.effects()
  for (const logical of ['state', 'crm', 'accounting', 'alert-signals', 'automation']) {
    assert.ok((effects.get(`fleet.${logical}.v1`) ?? []).length >= 8, logical)
  }
})

for (const mode of ['TEST', 'SIMULATED', 'test']) {
  test(`deliveries of mode ${mode} change no money, record, alert, task or state`, () => {
    const mixed = run([mode])
    for (const [topic, outputs] of control.pipeline.effects()) {
      const is = mixed.pipeline.effects().get(topic) ?? []
      assert.equal(is.length, outputs.length, topic)
      assert.deepEqual(withoutOffsets(is), withoutOffsets(outputs), topic)
    }
    assert.equal(mixed.pipeline.effects().size, control.pipeline.effects().size)
    assert.deepEqual(memoriesOf(mixed), memoriesOf(control))
  })

  test(`deliveries of mode ${mode} are seen among the normalized events, marked`, () => {
    const mixed = run([mode])
    const events = mixed.pipeline.events().map(({ value }) => value as UnmappedEvent)
    const tests = events.filter(event => event.mode === 'TEST')
    assert.equal(tests.length, mixed.tests)
    assert.ok(tests.every(({ disposition }) => disposition === 'SUPERSEDED'))
    assert.equal(events.length - tests.length, control.pipeline.events().length)
    // Every endpoint and every type of delivery is among them.
    const types = new Set(tests.map(({ source, event_type }) => `${source} ${event_type}`))
    for (const { value } of control.pipeline.events()) {
      const { source, event_type: type } = value as UnmappedEvent
      assert.ok(types.has(`${source} ${type}`), `${source} ${type}`)
    }
  })
}

test('the test of a v2 webhook is one too', () => {
  const pipeline = new SynchronousPipeline()
  const body = {
    version: '2.0',
    webhookId: 'w1',
    eventName: 'schedule',
    mode: 'test',
    payload: {
      vehicles: [
        {
          vehicleId: 'V2',
          requestId: 'r1',
          timestamp: new Date(startMs).toISOString(),
          data: [{ path: '/odometer', code: 200, body: { distance: 12.5 }, headers: {} }],
        },
      ],
    },
  }
  const endpoint = pipeline.endpoint('smartcar-demo')
  assert.deepEqual(pipeline.sendBody(endpoint, body, 'v2', startMs), ['published'])
  const [event] = pipeline.events().map(({ value }) => value as UnmappedEvent)
  assert.equal(event?.mode, 'TEST')
  assert.deepEqual([...pipeline.effects().keys()], [])
})
