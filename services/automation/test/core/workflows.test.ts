// The workflows one by one: what opens them, what time does, what closes them.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { topics } from '@fleet/contracts'
import type { Task } from '@fleet/contracts'

import { workflows } from '../../src/index.ts'
import { brief, dayMs, drive, hourMs, minuteMs, policiesOf, signal } from '../build-event.ts'
import { startMs, tell, tick, vehicleError } from '../build-event.ts'
import type { Told } from '../build-event.ts'

/** One row: what is told or how the clock goes on, and what comes of it. */
type Row = readonly [Told | number, ...string[]]

const dueAt = (at: number) => ({ fields: { due_at: at * 1000 } })

const stories: Readonly<Record<string, readonly Row[]>> = {
  'a no-show is settled in time or overdue, once': [
    [{ type: 'reservation.no_show' }, 'no-show-support OPEN'],
    [startMs + 23 * hourMs],
    [startMs + 24 * hourMs, 'no-show-support OVERDUE'],
    [startMs + 25 * hourMs],
  ],
  'a cancellation after the no-show cancels the task': [
    [{ type: 'reservation.no_show' }, 'no-show-support OPEN'],
    [{ type: 'reservation.canceled', at: startMs + 1 }, 'no-show-support CANCELED'],
    [startMs + 30 * hourMs],
  ],
  'a late no-show that did not win opens no task': [
    [{ type: 'reservation.canceled' }],
    [{ type: 'reservation.no_show', at: startMs - 1, superseded: true }],
  ],
  'a damage is looked at until there is a claim': [
    [{ type: 'incident.damage_reported' }, 'damage-triage OPEN'],
    [
      { type: 'incident.claim_opened', at: startMs + 1 },
      'damage-triage DONE',
      'claims-case OPEN',
      'claim-documents DUE',
    ],
    [
      { type: 'incident.claim_resolved', at: startMs + 2 },
      'claims-case DONE',
      'claim-documents CANCELED',
    ],
  ],
  'a damage told late still opens a task': [
    [{ type: 'incident.reported' }],
    [{ type: 'incident.damage_reported', at: startMs - 1, superseded: true }, 'damage-triage OPEN'],
  ],
  'a damage told after the claim that followed it opens none': [
    [{ type: 'incident.claim_opened' }, 'claims-case OPEN', 'claim-documents DUE'],
    [{ type: 'incident.damage_reported', at: startMs - 1, superseded: true }],
  ],
  'documents are asked for, asked for again, and overdue': [
    [{ type: 'incident.claim_opened' }, 'claims-case OPEN', 'claim-documents DUE'],
    [startMs + 3 * dayMs, 'claim-documents DUE'],
    [startMs + 5 * dayMs, 'claims-case OVERDUE'],
    [startMs + 6 * dayMs, 'claim-documents DUE'],
    [startMs + 10 * dayMs, 'claim-documents OVERDUE'],
  ],
  'a dispute is reviewed within its time, and charging ends the review': [
    [{ type: 'violation.disputed' }, 'compliance-review OPEN'],
    [startMs + 3 * dayMs, 'compliance-review OVERDUE'],
    [{ type: 'violation.charged', at: startMs + 4 * dayMs }, 'compliance-review DONE'],
  ],
  'a charge of before the dispute does not end the review, a withdrawal does': [
    [{ type: 'violation.disputed' }, 'compliance-review OPEN'],
    [{ type: 'violation.charged', at: startMs - 1, superseded: true }],
    [{ type: 'violation.withdrawn', at: startMs + 1 }, 'compliance-review DONE'],
  ],
  'a decision that arrived before the dispute it answers keeps the review shut': [
    [{ type: 'violation.charged' }],
    [{ type: 'violation.disputed', at: startMs - 1, superseded: true }],
  ],
  'a failed charge is tried on its schedule until it succeeds': [
    [{ type: 'billing.charge_failed' }, 'payment-retry WAITING', 'customer-reminder DUE'],
    [startMs + hourMs, 'payment-retry DUE'],
    [startMs + 25 * hourMs, 'payment-retry DUE'],
    [
      { type: 'billing.charge_failed', at: startMs + 25 * hourMs + 1 },
      'payment-retry DUE',
      'customer-reminder DUE',
    ],
    [
      { type: 'billing.charge_succeeded', at: startMs + 26 * hourMs },
      'payment-retry DONE',
      'customer-reminder DONE',
    ],
    [startMs + 200 * hourMs],
  ],
  'retries are given up after their time, a refund cancels them': [
    [{ type: 'billing.charge_failed' }, 'payment-retry WAITING', 'customer-reminder DUE'],
    [startMs + hourMs, 'payment-retry DUE'],
    [startMs + 25 * hourMs, 'payment-retry DUE'],
    [startMs + 48 * hourMs, 'customer-reminder DUE'],
    [startMs + 97 * hourMs, 'payment-retry DUE'],
    [startMs + 121 * hourMs, 'customer-reminder DUE', 'payment-retry OVERDUE'],
    [
      { type: 'billing.refund_processed', at: startMs + 122 * hourMs },
      'payment-retry CANCELED',
      'customer-reminder CANCELED',
    ],
  ],
  'a success of between two failures does not end the retries': [
    [{ type: 'billing.charge_failed' }, 'payment-retry WAITING', 'customer-reminder DUE'],
    [
      { type: 'billing.charge_failed', at: startMs + 9 },
      'payment-retry WAITING',
      'customer-reminder DUE',
    ],
    [{ type: 'billing.charge_succeeded', at: startMs + 5, superseded: true }],
  ],
  'a session past its due time is an operator task, ended by the check-out': [
    [{ type: 'rental_session.active', ...dueAt(startMs + hourMs) }],
    [startMs + hourMs + 29 * minuteMs],
    [startMs + hourMs + 30 * minuteMs, 'return-overdue OPEN'],
    [startMs + hourMs + 30 * minuteMs + 4 * hourMs, 'return-overdue OVERDUE'],
    [{ type: 'rental_session.checkout_started', at: startMs + 6 * hourMs }, 'return-overdue DONE'],
    [{ type: 'rental_session.completed', at: startMs + 6 * hourMs + 1 }],
    [startMs + 20 * hourMs],
  ],
  'a session that completes in time is never heard of': [
    [{ type: 'rental_session.active', ...dueAt(startMs + hourMs) }],
    [{ type: 'rental_session.checkout_started', at: startMs + 1 }],
    [{ type: 'rental_session.completed', at: startMs + 2 }],
    [startMs + 100 * hourMs],
  ],
  'an extension moves the due time': [
    [{ type: 'rental_session.active', ...dueAt(startMs + hourMs) }],
    [{ type: 'rental_session.extended', at: startMs + 1, ...dueAt(startMs + 9 * hourMs) }],
    [startMs + 9 * hourMs],
    [startMs + 10 * hourMs, 'return-overdue OPEN'],
    [
      { type: 'rental_session.extended', at: startMs + 10 * hourMs, ...dueAt(startMs + dayMs) },
      'return-overdue CANCELED',
    ],
    [startMs + dayMs + hourMs, 'return-overdue OPEN'],
  ],
  'a session without a due time is not watched': [
    [{ type: 'rental_session.active' }],
    [startMs + 100 * dayMs],
  ],
  'a check-out that does not end is an operator task': [
    [{ type: 'rental_session.checkout_started' }],
    [startMs + hourMs, 'checkout-timeout OPEN'],
    [{ type: 'rental_session.completed', at: startMs + 2 * hourMs }, 'checkout-timeout DONE'],
  ],
  'a calendar conflict is resolved by the calendar': [
    [{ type: 'vehicle_availability.calendar_conflict' }, 'calendar-conflict OPEN'],
    [{ type: 'vehicle_availability.window_released', at: startMs + 1 }, 'calendar-conflict DONE'],
  ],
}

for (const [name, rows] of Object.entries(stories)) {
  test(name, () => {
    const driver = drive()
    for (const [step, ...expected] of rows) {
      const tasks = typeof step === 'number' ? tick(driver, step) : tell(driver, step)
      assert.deepEqual(brief(tasks), expected, JSON.stringify(step))
      driver.restart()
    }
  })
}

const reauthentication = 'vehicle.reauthentication_required'

describe('vehicle errors', () => {
  const errors = (...list: Parameters<typeof vehicleError>[0][]) => ({
    fields: { errors: list.map(one => vehicleError(one)) },
  })

  test('permission and account are a request each, closed by their own RESOLVED', () => {
    const driver = drive()
    const both = {
      fields: {
        user_id: 'U1',
        errors: [
          vehicleError({ type: 'PERMISSION' }),
          vehicleError({ type: 'CONNECTED_SERVICES_ACCOUNT', code: 'AUTHENTICATION_FAILED' }),
        ],
      },
    }
    const opened = tell(driver, { type: reauthentication, ...both })
    assert.deepEqual(brief(opened), ['reconnect-request DUE', 'reconnect-request DUE'])
    assert.deepEqual(
      opened.map(({ subject, customer_id }) => [subject, customer_id]),
      [
        ['permission', 'U1'],
        ['account', 'U1'],
      ],
    )
    const resolved = tell(driver, {
      type: 'vehicle.error_resolved',
      at: startMs + 1,
      ...errors({ type: 'PERMISSION', state: 'RESOLVED' }),
    })
    assert.deepEqual(
      resolved.map(({ subject, state }) => [subject, state]),
      [['permission', 'DONE']],
    )
    assert.equal(tick(driver, startMs + dayMs).length, 1)
    // One entry resolved beside one that is not: the event as a whole asks for a new connection.
    const mixed = {
      fields: {
        errors: [
          vehicleError({ type: 'PERMISSION' }),
          vehicleError({ type: 'CONNECTED_SERVICES_ACCOUNT', state: 'RESOLVED' }),
        ],
      },
    }
    const tasks = tell(driver, { type: reauthentication, at: startMs + 2 * dayMs, ...mixed })
    assert.deepEqual(
      tasks.map(({ subject, state }) => [subject, state]),
      [
        ['account', 'DONE'],
        ['permission', 'DUE'],
      ],
    )
  })

  test('without entries the request is for the connection, and a plain resolution ends it', () => {
    const driver = drive()
    const [opened] = tell(driver, { type: reauthentication })
    assert.equal(opened?.subject, 'connection')
    const closed = tell(driver, { type: 'vehicle.error_resolved', at: startMs + 1 })
    assert.deepEqual(brief(closed), ['reconnect-request DONE'])
  })

  test('a request of before the resolution that comes late opens nothing', () => {
    const driver = drive()
    const late: Told = { type: reauthentication, at: startMs - 1, superseded: true }
    assert.deepEqual(tell(driver, { type: 'vehicle.error_resolved' }), [])
    assert.deepEqual(tell(driver, late), [])
  })

  test('a signal the vehicle is not capable of is marked, until it comes', () => {
    const driver = drive()
    const failed = { status: 'ERROR', error_type: 'COMPATIBILITY' }
    const [task, ...more] = tell(driver, {
      type: 'vehicle.state_reported',
      fields: {
        signals: [
          signal('odometer-traveleddistance'),
          signal('wheel-tires', { ...failed, error_code: 'VEHICLE_NOT_CAPABLE' }),
          signal('location-preciselocation', { ...failed, won: false }),
        ],
      },
    })
    assert.deepEqual(more, [])
    assert.equal(task?.subject, 'wheel-tires')
    assert.equal(task.policy_outcome, 'mark_signal_not_available')
    assert.equal(task.details['error_code'], 'VEHICLE_NOT_CAPABLE')
    assert.equal(task.title, 'Vehicle X1 does not give wheel-tires')
    const again = tell(driver, {
      type: 'vehicle.state_reported',
      at: startMs + 1,
      fields: { signals: [signal('wheel-tires')] },
    })
    assert.deepEqual(brief(again), ['signal-unavailable DONE'])
    assert.deepEqual([task.signal_available, again[0]?.signal_available], [false, true])
  })

  test('which signals of a vehicle are marked is told by the newest records, each taken back when resolved', () => {
    const driver = drive()
    const incapable = { type: 'COMPATIBILITY', code: 'VEHICLE_NOT_CAPABLE' }
    const names = ['wheel-tires', 'odometer-traveleddistance']
    const type = 'vehicle.signal_failed'
    tell(driver, { type, ...errors({ ...incapable, signals: names }) })
    tell(driver, { type: 'vehicle.command_failed', at: startMs + 1 })
    const due = tick(driver, startMs + 30 * dayMs)
    assert.deepEqual(brief(due), ['signal-unavailable OVERDUE', 'signal-unavailable OVERDUE'])
    driver.restart()
    tell(driver, {
      type: 'vehicle.error_resolved',
      at: startMs + 30 * dayMs,
      ...errors({ ...incapable, state: 'RESOLVED', signals: ['wheel-tires'] }),
    })
    const marks = new Map<string | null, boolean | null>()
    for (const { value } of driver.outputs(topics.automation)) {
      const { subject, signal_available: isAvailable } = value as Task
      marks.set(subject, isAvailable)
    }
    assert.deepEqual(
      [...marks],
      [
        ['wheel-tires', true],
        ['odometer-traveleddistance', false],
      ],
    )
  })

  test('a mark nobody takes back ends as not known, and a task about no signal has none', () => {
    const driver = drive()
    const incapable = { type: 'COMPATIBILITY', code: 'VEHICLE_NOT_CAPABLE' }
    tell(driver, { type: 'vehicle.signal_failed', ...errors(incapable, { type: 'RATE_LIMIT' }) })
    for (const days of [1, 30, 61]) tick(driver, startMs + days * dayMs)
    const told = driver.outputs(topics.automation).map(({ value }) => value as Task)
    assert.deepEqual(
      told.map(({ kind, state, signal_available: isAvailable }) => [kind, state, isAvailable]),
      [
        ['signal-unavailable', 'OPEN', false],
        ['back-off', 'WAITING', null],
        ['back-off', 'DONE', null],
        ['signal-unavailable', 'OVERDUE', false],
        ['signal-unavailable', 'EXPIRED', null],
      ],
    )
  })

  test('an open task of before records said it goes on without', () => {
    const driver = drive()
    tell(driver, {
      type: 'vehicle.signal_failed',
      ...errors({ type: 'COMPATIBILITY', signals: ['wheel-tires'] }),
    })
    const [kept] = driver.changelog()
    assert.ok(kept !== undefined)
    const before = JSON.parse(kept.value?.toString('utf8') ?? '') as { task: Partial<Task> }
    delete before.task.signal_available
    driver.state.restore(kept.key, Buffer.from(JSON.stringify(before)))
    const signals = [signal('wheel-tires')]
    const at = startMs + 1
    const [closed] = tell(driver, { type: 'vehicle.state_reported', at, fields: { signals } })
    assert.deepEqual([closed?.state, closed?.signal_available], ['DONE', null])
  })

  test('an incompatible vehicle without signals named is one task about all of it', () => {
    const tasks = tell(drive(), {
      type: 'vehicle.signal_failed',
      ...errors({ type: 'COMPATIBILITY', code: 'VEHICLE_NOT_CAPABLE' }),
    })
    assert.deepEqual(brief(tasks), ['signal-unavailable OPEN'])
    assert.equal(tasks[0]?.subject, null)
  })

  test('a rate limit is a hint until its time, and a newer one takes its place', () => {
    const driver = drive()
    const limited = errors({ type: 'RATE_LIMIT' })
    const first = tell(driver, { type: 'vehicle.signal_failed', ...limited })
    assert.deepEqual(brief(first), ['back-off WAITING'])
    assert.equal(first[0]?.due_at, (startMs + 15 * minuteMs) * 1000)
    const at = startMs + 10 * minuteMs
    const second = tell(driver, { type: 'vehicle.signal_failed', at, ...limited })
    assert.deepEqual(brief(second), ['back-off CANCELED', 'back-off WAITING'])
    assert.deepEqual(tick(driver, startMs + 20 * minuteMs), [])
    assert.deepEqual(brief(tick(driver, startMs + 25 * minuteMs)), ['back-off DONE'])
  })

  const wordsOf = ({ kind, state, subject }: Task): string => `${kind} ${state} ${subject}`

  test('one event with errors of three kinds is a task of each, and closes what it says is resolved', () => {
    const driver = drive()
    const incapable = {
      type: 'COMPATIBILITY',
      code: 'VEHICLE_NOT_CAPABLE',
      signals: ['odometer-traveleddistance'],
    }
    const opened = tell(driver, {
      type: reauthentication,
      ...errors({ type: 'PERMISSION' }, incapable, { type: 'RATE_LIMIT', code: 'VEHICLE' }),
    })
    assert.deepEqual(opened.map(wordsOf).toSorted(), [
      'back-off WAITING null',
      'reconnect-request DUE permission',
      'signal-unavailable OPEN odometer-traveleddistance',
    ])
    driver.restart()
    const closed = tell(driver, {
      type: reauthentication,
      at: startMs + 1,
      ...errors({ type: 'CONNECTED_SERVICES_ACCOUNT' }, { ...incapable, state: 'RESOLVED' }),
    })
    assert.deepEqual(closed.map(wordsOf).toSorted(), [
      'reconnect-request DUE account',
      'signal-unavailable DONE odometer-traveleddistance',
    ])
  })

  test('an upstream error is watched by nobody here', () => {
    const type = 'vehicle.signal_failed'
    assert.deepEqual(tell(drive(), { type, ...errors({ type: 'UPSTREAM_ERROR' }) }), [])
  })
})

test('every workflow has a file, and times and tasks that are told apart', () => {
  const kinds = workflows.flatMap(({ tasks }) => tasks.map(({ kind }) => kind))
  assert.equal(new Set(kinds).size, kinds.length)
  for (const { name, opensOn, tasks } of workflows) {
    assert.ok(opensOn.length > 0 && tasks.length > 0, name)
    for (const { kind, starts, timers } of tasks) {
      assert.ok(timers.length > 0, kind)
      assert.equal(starts === null, timers[0]?.becomes === 'OPEN', kind)
    }
  }
})

test('the outcome of a no-show is that of the tenant, under the version of the policies', () => {
  const policies = policiesOf(file => {
    file.version = '7'
    file.tenants['strict'] = {
      no_show: { outcome: 'fee', amount_minor: 9900, currency: 'SEK' },
    }
    file.tenants['kind'] = { no_show: { outcome: 'waive' } }
  })
  const driver = drive(policies)
  const of = (tenant: string): Partial<Task> => {
    const [task] = tell(driver, { type: 'reservation.no_show', tenant })
    assert.ok(task !== undefined)
    const { policy_outcome, amount, policy_version } = task
    return { policy_outcome, amount, policy_version }
  }
  assert.deepEqual(of('strict'), {
    policy_outcome: 'fee',
    amount: { amount_minor: 9900, currency: 'SEK' },
    policy_version: '7',
  })
  assert.deepEqual(of('kind'), { policy_outcome: 'waive', amount: null, policy_version: '7' })
})
