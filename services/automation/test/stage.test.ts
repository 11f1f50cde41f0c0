import assert from 'node:assert/strict'
import { test } from 'node:test'

import { domains, topics } from '@fleet/contracts'
import { driveStage } from '@fleet/stage'

import { automation, workflows } from '../src/index.ts'
import { automationDomains } from '../src/core/workflows.ts'
import { brief, dayMs, drive, eventOf, hourMs, minuteMs, policiesOf } from './build-event.ts'
import { signal, startMs, tell, tick, vehicleError } from './build-event.ts'

test('reads what its workflows need and no more, and is a declared reader of that', () => {
  const { inputs, outputs } = automation({ tickMs: 1000, policies: policiesOf() })
  const needed = domains.filter(domain => workflows.some(workflow => workflow.domain === domain))
  assert.deepEqual(new Set(automationDomains), new Set(needed))
  assert.deepEqual(
    new Set(inputs),
    new Set(domains.map(d => topics.events[d]).filter(t => t.readers.includes('automation'))),
  )
  assert.deepEqual(outputs, [topics.automation])
})

test('a task carries what whoever works on it needs', () => {
  const driver = drive()
  const [task] = tell(driver, {
    type: 'violation.disputed',
    id: 'V/1',
    eventId: 'dispute',
    fields: {
      customer_id: 'C1',
      violation_code: 'PARKING',
      amount: { amount_minor: 4500, currency: 'EUR' },
    },
  })
  assert.ok(task !== undefined)
  const { history, ...rest } = task
  assert.deepEqual(rest, {
    task_id: rest.task_id,
    version: 1,
    workflow: 'violation-disputed',
    kind: 'compliance-review',
    state: 'OPEN',
    title: 'Review the disputed violation V/1',
    priority: 'high',
    assignee_group: 'compliance',
    tenant_id: 'acme',
    subaccount_id: null,
    resource: { type: 'violation', id: 'V/1' },
    subject: null,
    customer_id: 'C1',
    due_at: (startMs + 3 * dayMs) * 1000,
    opened_at: startMs * 1000,
    updated_at: startMs * 1000,
    closed_at: null,
    step: 0,
    steps: 1,
    policy_version: '2026-11',
    policy_outcome: null,
    amount: null,
    signal_available: null,
    event_id: 'dispute',
    event_type: 'violation.disputed',
    occurred_at: startMs * 1000,
    effective_at: startMs * 1000,
    origin: { topic: topics.events.violation.name, partition: 0, offset: 0 },
    processed_at: startMs * 1000,
    details: { violation_code: 'PARKING', amount_minor: '4500', currency: 'EUR' },
  })
  assert.match(rest.task_id, /^[0-9a-f]{32}$/)
  assert.deepEqual(history, [
    {
      at: startMs * 1000,
      state: 'OPEN',
      reason: 'opened',
      event_id: 'dispute',
      event_type: 'violation.disputed',
    },
  ])
  // Timers write under the key of the resource, as events do.
  const { emit } = driver.tick(startMs + 3 * dayMs)
  assert.equal(emit[0]?.key, 'acme/violation/V%2F1')
})

test('a test delivery opens, moves and closes nothing', () => {
  const mode = 'TEST'
  const opening = [
    { type: 'reservation.no_show' },
    { type: 'incident.damage_reported' },
    { type: 'incident.claim_opened' },
    { type: 'violation.disputed' },
    { type: 'billing.charge_failed' },
    { type: 'rental_session.active', fields: { due_at: startMs * 1000 } },
    { type: 'rental_session.checkout_started' },
    { type: 'vehicle_availability.calendar_conflict' },
    { type: 'vehicle.reauthentication_required', fields: { errors: [vehicleError({})] } },
    {
      type: 'vehicle.signal_failed',
      fields: { signals: [signal('a', { status: 'ERROR', error_type: 'RATE_LIMIT' })] },
    },
  ] as const
  const driver = drive()
  for (const told of opening) {
    for (const superseded of [true, false]) {
      assert.deepEqual(tell(driver, { ...told, mode, superseded }), [], told.type)
    }
  }
  assert.deepEqual(driver.changelog(), [])
  tell(driver, { type: 'violation.disputed' })
  assert.deepEqual(tell(driver, { type: 'violation.charged', at: startMs + 1, mode }), [])
})

test('an event that is told again, with any delay, opens no second task', () => {
  const driver = drive()
  const told = { type: 'reservation.no_show', eventId: 'n1' }
  assert.equal(tell(driver, told).length, 1)
  assert.deepEqual(tell(driver, { ...told, appendedAt: startMs + dayMs }), [])
  tell(driver, { type: 'reservation.canceled', at: startMs + 1, appendedAt: startMs + dayMs })
  assert.deepEqual(tell(driver, { ...told, appendedAt: startMs + 8 * dayMs }), [])
  // Forgotten after thirty days; by then it is too old.
  tick(driver, startMs + 40 * dayMs)
  assert.deepEqual(driver.changelog(), [])
  assert.deepEqual(tell(driver, { ...told, appendedAt: startMs + 40 * dayMs }), [])
})

test('state is bounded: what nobody closes expires, what is closed is forgotten', () => {
  const driver = drive()
  tell(driver, { type: 'incident.damage_reported' })
  assert.deepEqual(brief(tick(driver, startMs + 8 * hourMs)), ['damage-triage OVERDUE'])
  assert.deepEqual(tick(driver, startMs + 8 * hourMs + 30 * dayMs - 1), [])
  assert.deepEqual(brief(tick(driver, startMs + 8 * hourMs + 30 * dayMs)), [
    'damage-triage EXPIRED',
  ])
  assert.equal(driver.state.sizes()['keys'], 1)
  assert.deepEqual(tick(driver, startMs + 70 * dayMs), [])
  assert.deepEqual(tick(driver, startMs + 70 * dayMs + 1), [])
  assert.deepEqual(driver.state.sizes(), { keys: 0, timers: 0 })
})

test('one tick moves a bounded number of tasks, oldest first, the next goes on', () => {
  const driver = drive()
  for (let n = 0; n < 2500; n++) {
    tell(driver, { type: 'incident.damage_reported', id: `I${n}`, at: startMs + n })
  }
  const moved: string[] = []
  for (const expected of [1000, 1000, 500, 0]) {
    const tasks = tick(driver, startMs + dayMs + moved.length)
    assert.equal(tasks.length, expected)
    moved.push(...tasks.map(({ resource }) => resource.id))
    driver.restart()
  }
  assert.deepEqual(
    moved,
    Array.from({ length: 2500 }, (_, n) => `I${n}`),
  )
})

test('an open task keeps the policy it was opened under; a new one has the new policy', () => {
  const before = policiesOf(file => {
    file.version = 'v1'
    file.defaults.times = { ...file.defaults.times, payment_retry: ['PT1H', 'PT1H'] }
  })
  const after = policiesOf(file => {
    file.version = 'v2'
    file.defaults.times = { ...file.defaults.times, payment_retry: 'PT5M' }
  })
  let policies = before
  const stage = automation({ tickMs: 1000, policies: before })
  const driver = driveStage({
    ...stage,
    decide: (book, input) => automation({ tickMs: 1000, policies }).decide(book, input),
  })
  tell(driver, { type: 'billing.charge_failed', id: 'old' })
  policies = after
  driver.restart()
  tell(driver, { type: 'billing.charge_failed', id: 'new' })
  const due = (at: number) =>
    tick(driver, at).map(({ resource, state, policy_version: version }) =>
      [resource.id, state, version].join(' '),
    )
  assert.deepEqual(due(startMs + 5 * minuteMs), ['new DUE v2'])
  assert.deepEqual(due(startMs + hourMs), ['old DUE v1'])
  assert.deepEqual(due(startMs + 2 * hourMs), ['old DUE v1'])
})

test('a history keeps its first line and the newest ones', () => {
  const driver = drive()
  for (let n = 0; n < 30; n++) {
    tell(driver, { type: 'incident.damage_reported', eventId: `d${n}`, at: startMs + n })
  }
  const [task] = tell(driver, { type: 'incident.claim_resolved', at: startMs + 99 })
  const events = task?.history.map(({ event_id }) => event_id) ?? []
  assert.equal(events.length, 20)
  assert.equal(events[0], 'd0')
  assert.deepEqual(events.slice(-2), ['d29', task?.history.at(-1)?.event_id])
})

test('a dead letter of this stage says which event it is of', () => {
  const { facts } = automation({ tickMs: 1000, policies: policiesOf() })
  const value = eventOf({ type: 'reservation.no_show', eventId: 'n1' })
  const input = { value } as unknown as Parameters<NonNullable<typeof facts>>[0]
  assert.deepEqual(facts?.(input), {
    tenantId: 'acme',
    eventId: 'n1',
    eventType: 'reservation.no_show',
  })
})
