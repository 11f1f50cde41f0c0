// Both stages on the in-memory broker, as the service runs them: events of one tenant, spread over
// the partitions, meet in the partition of the tenant and become one alert.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import { memoryRegistry, openCodec } from '@fleet/codec'
import { allTopics, domains, partitionOf, resourceKey, topics } from '@fleet/contracts'
import type { Alert, AlertSignal, Topic } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import { systemClock, systemIds } from '@fleet/runtime'
import { asStage, StageMeters } from '@fleet/stage'
import { createMetrics, silentLogger } from '@fleet/telemetry'

import { alertingRouter, alertingSink } from '../src/index.ts'
import { noShowEvent } from './build-signal.ts'
import { defaults } from './feed.ts'

const partitions = 3
const deadlineMs = 20_000
const tenant = 'demo'

test('five no-shows on different partitions open one alert of their tenant', async () => {
  const names = allTopics.map(({ name }) => name)
  const broker = createMemoryBroker({ topics: names, partitions })
  const codec = await openCodec({ registry: memoryRegistry(), cacheFile: null, clock: systemClock })
  await codec.load([
    ...domains.map(domain => topics.events[domain]),
    topics.alertSignals,
    topics.alerting,
    topics.deadLetters['alerting-router'],
    topics.deadLetters['alerting-sink'],
  ])
  const valuesOf = (topic: Topic, partition: number): unknown[] =>
    broker
      .log({ topic: topic.name, partition })
      .read(0, 100_000)
      .records.flatMap(({ value }) => (value === null ? [] : [codec.decode(topic, value)]))

  const appender = await broker.openAppender()
  const nowMicros = systemClock.wallMs() * 1000
  for (const id of ['R1', 'R2', 'R3', 'R4', 'R5']) {
    const key = resourceKey(tenant, 'reservation', id)
    const resource = { type: 'reservation', id }
    const event = noShowEvent({ event_id: `e-${id}`, resource, effective_at: nowMicros })
    await appender.append({
      topic: topics.events.reservation.name,
      partition: partitionOf(key, partitions),
      key,
      value: codec.encode(topics.events.reservation, event),
    })
  }

  const stages = [
    asStage(alertingRouter({ tickMs: 50 })),
    asStage(alertingSink({ detectors: defaults })),
  ]
  const meters = new StageMeters(createMetrics('test'))
  const running = await Promise.all(
    stages.map(stage =>
      stage.run({
        environment: 'test',
        broker,
        codec,
        metrics: meters.forStage(stage.name),
        logger: silentLogger,
        clock: systemClock,
        ids: systemIds,
        random: { next: () => 0 },
        sha256Hex: text => createHash('sha256').update(text).digest('hex'),
      }),
    ),
  )
  const home = partitionOf(tenant, partitions)
  const end = performance.now() + deadlineMs
  const isTicked = (partition: number): boolean =>
    (valuesOf(topics.alertSignals, partition) as AlertSignal[]).some(({ kind }) => kind === 'TICK')
  const isDone = (): boolean =>
    valuesOf(topics.alerting, home).length > 0 && [0, 1, 2].every(isTicked)
  while (!isDone()) {
    assert.ok(performance.now() < end, 'no alert in time')
    await systemClock.sleep(5)
  }
  await Promise.all(running.map(stage => stage.stop()))

  for (let partition = 0; partition < partitions; partition++) {
    const signals = valuesOf(topics.alertSignals, partition) as AlertSignal[]
    const events = signals.filter(({ kind }) => kind === 'EVENT')
    assert.equal(events.length, partition === home ? 5 : 0)
    const alerts = valuesOf(topics.alerting, partition) as Alert[]
    assert.deepEqual(
      alerts.map(({ status, dedup_key: key, observed }) => [status, key, observed]),
      partition === home ? [['OPEN', 'no-show-spike:demo', 5]] : [],
    )
  }
})
