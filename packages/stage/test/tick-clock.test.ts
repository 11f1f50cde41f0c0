// One clock that is wrong moves no tick: the broker's and the time believed before say otherwise.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { systemClock } from '@fleet/runtime'

import { TickClock } from '../src/tick-clock.ts'

const hourMs = 3_600_000
const startMs = Date.UTC(2026, 2, 1, 8)

interface Times {
  /** How wrong the machine's clock is. */
  skewMs: number
  elapsedMs: number
}

function clockOf(times: Times): TickClock {
  return new TickClock({
    ...systemClock,
    wallMs: () => startMs + times.elapsedMs + times.skewMs,
    elapsedMs: () => times.elapsedMs,
  })
}

const jumps = [
  { name: 'ahead', skewMs: 30 * hourMs },
  { name: 'back', skewMs: -30 * hourMs },
]

for (const { name, skewMs } of jumps) {
  test(`a machine's clock that jumps ${name} changes nothing, nor does its coming back`, () => {
    const times = { skewMs: 0, elapsedMs: 0 }
    const clock = clockOf(times)
    clock.brokerSays(startMs)
    clock.wasBelieved(startMs - 1000)
    assert.equal(clock.nowMs(), startMs)
    times.skewMs = skewMs
    times.elapsedMs = 5000
    assert.equal(clock.nowMs(), startMs + 5000)
    times.skewMs = 0
    times.elapsedMs = 6000
    assert.equal(clock.nowMs(), startMs + 6000)
  })

  test(`a broker's clock that is ${name} when the partition is taken over changes little`, () => {
    const times = { skewMs: 0, elapsedMs: 0 }
    const clock = clockOf(times)
    clock.brokerSays(startMs + skewMs)
    clock.wasBelieved(startMs - 1000)
    const now = clock.nowMs()
    assert.ok(now >= startMs - 1000 && now <= startMs, String(now - startMs))
    times.elapsedMs = 5000
    assert.equal(clock.nowMs(), now + 5000)
  })
}

test('a machine that starts with its clock ahead ticks by the broker', () => {
  const clock = clockOf({ skewMs: 30 * hourMs, elapsedMs: 0 })
  clock.brokerSays(startMs)
  clock.wasBelieved(startMs - 2 * hourMs)
  assert.equal(clock.nowMs(), startMs)
})

test('a first tick ever needs no time before it, a clock ahead is still not believed', () => {
  const clock = clockOf({ skewMs: hourMs, elapsedMs: 0 })
  clock.brokerSays(startMs)
  assert.equal(clock.nowMs(), startMs)
})

test('records of a backlog do not hold the time back, new ones carry it on', () => {
  // Elapsed time stood still while the machine slept for an hour.
  const times = { skewMs: 0, elapsedMs: 0 }
  const clock = clockOf(times)
  clock.brokerSays(startMs)
  clock.nowMs()
  clock.brokerSaid(startMs - 5 * hourMs)
  assert.equal(clock.nowMs(), startMs)
  times.skewMs = hourMs
  clock.brokerSaid(startMs + hourMs - 20)
  assert.equal(clock.nowMs(), startMs + hourMs - 20)
})

test('from taking over on, elapsed time counts: restoring does not put the time back', () => {
  const times = { skewMs: hourMs, elapsedMs: 9000 }
  const clock = clockOf(times)
  clock.brokerSays(startMs, 1000)
  assert.equal(clock.nowMs(), startMs + 8000)
})
