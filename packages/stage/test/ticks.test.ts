// When a task ticks while the clock of its machine jumps.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { systemClock } from '@fleet/runtime'

import { Ticks } from '../src/ticks.ts'

const hourMs = 3_600_000
const startMs = Date.UTC(2026, 2, 1, 8)
const read = { lag: () => [{ topic: 't', partition: 0, lag: 0 }] }
const stream = {
  ...read,
  take: () => Promise.reject(new Error()),
  ahead: () => [],
  wake: () => {},
  close: () => {},
}

/** Ticks of five seconds by a clock that can be set. */
function world() {
  const times = { elapsedMs: 0, skewMs: 0 }
  const clock = {
    ...systemClock,
    wallMs: () => startMs + times.elapsedMs + times.skewMs,
    elapsedMs: () => times.elapsedMs,
  }
  let lastTickMs = startMs - 5000
  const start = (): Ticks => {
    const ticks = new Ticks(5000, clock)
    ticks.restart(lastTickMs, { wallMs: startMs + times.elapsedMs, elapsedMs: times.elapsedMs })
    return ticks
  }
  /** Seconds after the start; null: none was due. */
  const tick = (ticks: Ticks): number | null => {
    const dueMs = ticks.due(stream, lastTickMs)
    if (dueMs !== null) lastTickMs = dueMs
    return dueMs === null ? null : (dueMs - startMs) / 1000
  }
  return { times, start, tick }
}

for (const jumpMs of [30 * hourMs, -30 * hourMs]) {
  const name = jumpMs > 0 ? 'ahead' : 'back'
  test(`a clock that jumps ${name} and comes back leaves out no tick and brings none early`, () => {
    const { times, start, tick } = world()
    const ticks = start()
    assert.equal(tick(ticks), 0)
    times.skewMs = jumpMs
    times.elapsedMs = 4000
    assert.equal(tick(ticks), null)
    assert.equal(ticks.waitMs(stream), 1000)
    times.elapsedMs = 6000
    assert.equal(tick(ticks), 5)
    times.skewMs = 0
    times.elapsedMs = 11_000
    assert.equal(tick(ticks), 10)
    assert.equal(tick(ticks), null)
  })
}

test('after a restart with a clock that is ahead ticks go on where they should', () => {
  const { times, start, tick } = world()
  assert.equal(tick(start()), 0)
  times.elapsedMs = 60_000
  times.skewMs = 30 * hourMs
  const again = start()
  assert.equal(tick(again), 60)
  times.skewMs = 0
  times.elapsedMs = 65_000
  assert.equal(tick(again), 65)
})

test('old records of a backlog hold no tick back', () => {
  const { times, start, tick } = world()
  const ticks = start()
  times.elapsedMs = 20_000
  const record = { topic: 't', partition: 0, offset: 0, key: null, value: null, headers: {} }
  ticks.follow({ records: [{ ...record, timestampMs: startMs - 5 * hourMs }], positions: [] })
  assert.equal(tick(ticks), 20)
})

test('a task without ticks has none, and no task ticks before it has read its inputs', () => {
  const clock = { ...systemClock, wallMs: () => startMs }
  assert.equal(new Ticks(undefined, clock).due(stream, 0), null)
  const behind = { ...stream, lag: () => [{ topic: 't', partition: 0, lag: 3 }] }
  const ticks = new Ticks(1000, clock)
  assert.equal(ticks.due(behind, 0), null)
  assert.equal(ticks.waitMs(behind), 100)
})
