// Replayed dead letters: what followed them was decided before them.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Task } from '@fleet/contracts'
import { driveStage } from '@fleet/stage'

import { automation, workflows } from '../../src/index.ts'
import { brief, domainOf, hourMs, minuteMs, policiesOf, startMs } from '../build-event.ts'
import type { Told } from '../build-event.ts'
import { signal, tell, tick, vehicleError } from '../build-event.ts'

/** `redrive` tells an event as the replay of its letter. */
function driveReplays() {
  const stage = automation({ tickMs: 1000, policies: policiesOf() })
  let isRedriven = false
  const driver = driveStage({
    ...stage,
    decide: (book, input) =>
      stage.decide(book, {
        ...input,
        ...(isRedriven ? { redriven: { attempt: 1, replayId: null } } : {}),
      }),
  })
  const redrive = (told: Told): Task[] => {
    isRedriven = true
    const tasks = tell(driver, told)
    isRedriven = false
    return tasks
  }
  return { driver, redrive }
}

test('a replayed failure opens no retry of a charge that was paid meanwhile', () => {
  const { driver, redrive } = driveReplays()
  tell(driver, { type: 'billing.charge_succeeded', at: startMs + 10 * minuteMs })
  assert.deepEqual(redrive({ type: 'billing.charge_failed', appendedAt: startMs }), [])
  assert.deepEqual(tick(driver, startMs + hourMs), [])
  assert.deepEqual(driver.changelog(), [])
})

test('a replayed event opens only what a late one may open', () => {
  const fields = {
    due_at: startMs * 1000,
    errors: [
      vehicleError({}),
      vehicleError({ type: 'COMPATIBILITY', code: 'VEHICLE_NOT_CAPABLE', signals: ['b'] }),
    ],
    signals: [signal('a', { status: 'ERROR', error_type: 'RATE_LIMIT' })],
  }
  for (const { opensOn, superseded, name } of workflows) {
    for (const type of opensOn) {
      const { driver, redrive } = driveReplays()
      const own = domainOf(type) === 'vehicle' || domainOf(type) === 'rental_session'
      const told = { type, ...(own ? { fields } : {}) }
      redrive(told)
      const kept = driver.changelog().length
      const first = driveReplays().driver
      tell(first, told)
      assert.ok(first.changelog().length > 0, `${name}: ${type}, not replayed`)
      assert.equal(kept > 0, superseded === 'open', `${name}: ${type}`)
    }
  }
})

test('a replayed dispute opens its review, unless it was decided meanwhile', () => {
  const { driver, redrive } = driveReplays()
  assert.deepEqual(brief(redrive({ type: 'violation.disputed', id: 'V1' })), [
    'compliance-review OPEN',
  ])
  tell(driver, { type: 'violation.charged', id: 'V2', at: startMs + 1 })
  assert.deepEqual(redrive({ type: 'violation.disputed', id: 'V2' }), [])
})

test('a replayed event closes what it would have closed', () => {
  const { driver, redrive } = driveReplays()
  tell(driver, { type: 'billing.charge_failed' })
  assert.deepEqual(brief(redrive({ type: 'billing.charge_succeeded', at: startMs + 1 })), [
    'payment-retry DONE',
    'customer-reminder DONE',
  ])
})
