// What one delivery may cost: deliveries are signed, but what they say is anybody's.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { Task } from '@fleet/contracts'

import { brief, dayMs, drive, hourMs, minuteMs, startMs, tell, tick } from '../build-event.ts'
import { vehicleError } from '../build-event.ts'
import type { Driver } from '../build-event.ts'

const incapable = { type: 'COMPATIBILITY', code: 'VEHICLE_NOT_CAPABLE' }

function tellErrors(driver: Driver, at: number, ...list: Parameters<typeof vehicleError>[0][]) {
  const fields = { errors: list.map(one => vehicleError(one)), make: 'M'.repeat(100_000) }
  return tell(driver, { type: 'vehicle.signal_failed', at, fields })
}

function namesOf(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, n) => `signal-${String(from + n).padStart(5, '0')}`)
}

function bytesOf(driver: Driver): number {
  const lengths = driver.changelog().map(({ key, value }) => key.length + (value?.length ?? 0))
  return lengths.reduce((sum, length) => sum + length, 0)
}

describe('one vehicle event', () => {
  test('opens at most 64 tasks for its signals, and one that says how many more there are', () => {
    const driver = drive()
    const texts = { description: 'd'.repeat(120_000), resolution: 'r'.repeat(120_000) }
    const all = { ...incapable, ...texts, signals: namesOf(12_000) }
    const opened = tellErrors(driver, startMs, all)
    assert.equal(opened.length, 65)
    const further = opened.at(-1)
    assert.equal(further?.subject, 'further signals')
    assert.equal(further.title, 'Vehicle X1 does not give further signals')
    assert.equal(further.details['further_signals'], '11936')
    assert.equal(opened[0]?.details['description'], 'd'.repeat(1000))
    assert.equal(opened[0].details['resolution'], 'r'.repeat(1000))
    assert.equal(opened[0].details['make'], 'M'.repeat(1000))
    assert.ok(bytesOf(driver) < 500_000)
    const reversed = { ...all, signals: all.signals.toReversed() }
    const ids = (tasks: readonly Task[]) => tasks.map(({ task_id: id }) => id).toSorted()
    assert.deepEqual(ids(tellErrors(driver, startMs + 1, reversed)), ids(opened))
    const closed = tellErrors(driver, startMs + 2, { ...all, state: 'RESOLVED' })
    assert.deepEqual(ids(closed), ids(opened))
    assert.ok(closed.every(({ state }) => state === 'DONE'))
  })

  test('with 64 signals opens 64 tasks', () => {
    const opened = tellErrors(drive(), startMs, { ...incapable, signals: namesOf(64) })
    assert.deepEqual(
      opened.map(({ subject }) => subject),
      namesOf(64),
    )
  })

  test('the task of the further signals is closed with the whole vehicle, not with one signal', () => {
    const driver = drive()
    tellErrors(driver, startMs, { ...incapable, signals: namesOf(70) })
    const resolved = { ...incapable, state: 'RESOLVED' }
    const one = tellErrors(driver, startMs + 1, { ...resolved, signals: namesOf(1) })
    assert.deepEqual(
      one.map(({ subject }) => subject),
      namesOf(1),
    )
    const rest = tellErrors(driver, startMs + 2, { ...resolved, signals: [] })
    assert.deepEqual(
      rest.map(({ subject }) => subject),
      ['further signals'],
    )
  })

  test('closes at most a thousand tasks, the next one the others', () => {
    const driver = drive()
    for (let from = 0; from < 1200; from += 60) {
      tellErrors(driver, startMs, { ...incapable, signals: namesOf(60, from) })
    }
    const resolved = { ...incapable, state: 'RESOLVED', signals: namesOf(1200) }
    const counts = [1, 2, 3].map(at => tellErrors(driver, startMs + at, resolved).length)
    assert.deepEqual(counts, [1000, 200, 0])
  })

  test('with a name of any length makes a short key, another for each name', () => {
    const driver = drive()
    const long = 's'.repeat(240_000)
    const signals = [`${long}a`, `${long}b`, 'x'.repeat(256), `${'y'.repeat(199)}😀${long}`]
    const opened = tellErrors(driver, startMs, { ...incapable, signals })
    assert.equal(new Set(opened.map(({ subject }) => subject)).size, 4)
    assert.ok(opened.every(({ subject }) => subject !== null && subject.length <= 256))
    // Throws for half of a surrogate pair.
    for (const { subject } of opened) encodeURIComponent(subject ?? '')
    assert.ok(driver.changelog().every(({ key }) => key.length < 1000))
    const [one, ...more] = tellErrors(driver, startMs + 1, {
      ...incapable,
      state: 'RESOLVED',
      signals: [`${long}b`],
    })
    assert.deepEqual(more, [])
    assert.equal(one?.task_id, opened[1]?.task_id)
  })
})

test('a due time further ahead than 366 days is taken for none', () => {
  const lasts = (ms: number) => {
    const driver = drive()
    const fields = { due_at: (startMs + ms) * 1000 }
    tell(driver, { type: 'rental_session.active', fields })
    const kept = driver.changelog().length
    return [kept, ...brief(tick(driver, startMs + ms + hourMs))]
  }
  assert.deepEqual(lasts(366 * dayMs), [1, 'return-overdue OPEN'])
  assert.deepEqual(lasts(366 * dayMs + 1), [0])
  assert.deepEqual(lasts(20_000 * dayMs), [0])
  assert.deepEqual(lasts(30 * minuteMs), [1, 'return-overdue OPEN'])
})
