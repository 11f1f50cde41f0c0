import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { domains, partitionOf, topics } from '@fleet/contracts'
import type { Alert, AlertSignal } from '@fleet/contracts'
import { driveStage } from '@fleet/stage'
import type { DrivenOutput } from '@fleet/stage'

import { toTickSignal } from '../src/core/to-alert-signal.ts'
import { alertingRouter, alertingSink } from '../src/index.ts'
import { minute, noonMicros, noShowEvent } from './build-signal.ts'
import { defaults } from './feed.ts'

const partitionCount = 6
const noonMs = noonMicros / 1000
const minuteMs = minute / 1000
const tenant = 'demo'
const tenantPartition = partitionOf(tenant, partitionCount)

function routerTask(partition: number) {
  return driveStage(alertingRouter({ tickMs: 1000 }), { partition, partitionCount })
}

/** Routes `count` no-shows through the tasks their keys belong to, then one tick of every task. */
function signalsOf(count: number, tickMs: number): DrivenOutput[] {
  const tasks = Array.from({ length: partitionCount }, (_, partition) => routerTask(partition))
  for (let index = 0; index < count; index++) {
    const id = `R${index}`
    const key = `${tenant}/reservation/${id}`
    const event = noShowEvent({ event_id: `e-${id}`, resource: { type: 'reservation', id } })
    const task = tasks[partitionOf(key, partitionCount)]
    task?.pipe(topics.events.reservation, { key, value: event, timestampMs: noonMs })
  }
  for (const task of tasks) task.tick(tickMs)
  return tasks.flatMap(task => task.outputs(topics.alertSignals))
}

describe('alerting-router', () => {
  test('reads every event topic and writes signals only', () => {
    const { inputs, outputs } = alertingRouter({ tickMs: 1000 })
    assert.deepEqual(
      inputs,
      domains.map(domain => topics.events[domain]),
    )
    assert.deepEqual(outputs, [topics.alertSignals])
  })

  test('writes a no-show under its tenant, to the partition of that key', () => {
    const signals = signalsOf(8, noonMs).filter(
      ({ value }) => (value as AlertSignal).kind === 'EVENT',
    )
    assert.equal(signals.length, 8)
    assert.ok(signals.every(({ partition }) => partition === tenantPartition))
  })

  test('ticks every partition once, with the time of the tick', () => {
    const ticks = signalsOf(0, noonMs)
    assert.deepEqual(
      ticks.map(({ key, partition }) => [key, partition]),
      [0, 1, 2, 3, 4, 5].map(partition => [`tick/${partition}`, partition]),
    )
    assert.ok(ticks.every(({ value }) => (value as AlertSignal).tick_at === noonMicros))
  })

  test('counts what no detector takes as done, without output', () => {
    const task = routerTask(0)
    const decision = task.pipe(topics.events.vehicle, {
      key: 'demo/vehicle/V1',
      value: noShowEvent({ event_type: 'vehicle.state_reported' }),
      timestampMs: noonMs,
    })
    assert.equal(decision.verdict, 'published')
    assert.deepEqual(decision.emit, [])
  })
})

describe('alerting-sink', () => {
  const signals = [
    ...signalsOf(5, noonMs + minuteMs),
    ...signalsOf(0, noonMs + 2 * minuteMs),
    ...signalsOf(0, noonMs + 16 * minuteMs),
  ].filter(({ partition }) => partition === tenantPartition)

  function alertsOf(options: { restartAfterEach: boolean }): DrivenOutput[] {
    const task = driveStage(alertingSink({ detectors: defaults }), {
      partition: tenantPartition,
      partitionCount,
    })
    for (const { key, value } of signals) {
      task.pipe(topics.alertSignals, { key, value, timestampMs: noonMs + 16 * minuteMs })
      if (options.restartAfterEach) task.restart()
    }
    return task.outputs(topics.alerting)
  }

  test('turns signals into alerts of their tenant, in the partition of the tenant', () => {
    const alerts = alertsOf({ restartAfterEach: false })
    assert.deepEqual(
      alerts.map(({ value }) => (value as Alert).status),
      ['OPEN', 'RESOLVED'],
    )
    assert.ok(alerts.every(({ key }) => key === tenant))
    assert.ok(alerts.every(({ partition }) => partition === tenantPartition))
  })

  test('gives the same alerts when it is restarted after every record', () => {
    assert.deepEqual(alertsOf({ restartAfterEach: true }), alertsOf({ restartAfterEach: false }))
  })

  test('believes a tick only a little further than the broker that appended it', () => {
    const task = driveStage(alertingSink({ detectors: defaults }), {
      partition: 0,
      partitionCount: 1,
    })
    const jumped = signals.filter(({ value }) => (value as AlertSignal).kind === 'EVENT')
    const pipe = (value: unknown, minutes: number): void => {
      task.pipe(topics.alertSignals, { key: '', value, timestampMs: noonMs + minutes * minuteMs })
    }
    const tickAt = (minutes: number) => toTickSignal(noonMicros + minutes * minute)
    for (const { value } of jumped) pipe(value, 0)
    // A day ahead: the no-shows of just now would be too old to count.
    for (const minutes of [1, 2, 3]) pipe(tickAt(24 * 60 + minutes), minutes)
    const times = task.outputs(topics.alerting).map(({ value }) => (value as Alert).event_time)
    assert.deepEqual(times, [noonMicros + 6 * minute])
    // The clock is right again: after five minutes all is as before.
    for (const minutes of [4, 8, 9, 30]) pipe(tickAt(minutes), minutes)
    assert.deepEqual(
      task.outputs(topics.alerting).map(({ value }) => (value as Alert).status),
      ['OPEN', 'RESOLVED'],
    )
  })
})
