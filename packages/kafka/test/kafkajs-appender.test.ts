// Appends when partitions or leaders are missing.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { FleetError, systemClock } from '@fleet/runtime'
import { KafkaJsAppender } from '../src/kafkajs-appender.ts'
import { fakeCluster, fakePool } from './fake-cluster.ts'
import type { FakeCluster } from './fake-cluster.ts'
import { acknowledgedAt, readProduce } from './produce-wire.ts'

function clusterWith(leaders: Record<string, number>): FakeCluster {
  const cluster = fakeCluster(leaders)
  cluster.nodes.set('1', {
    connectionPool: fakePool((_, body) => Promise.resolve(acknowledgedAt(readProduce(body), 7))),
  })
  return cluster
}
const record = (partition: number) => ({
  topic: 'a',
  partition,
  key: null,
  value: Buffer.from('v'),
})
const isFailed = (error: unknown): boolean =>
  error instanceof FleetError && error.code === 'APPEND_FAILED' && error.fate === 'transient'

test('a partition without leader refuses its own records only', async () => {
  const appender = new KafkaJsAppender(clusterWith({ 'a/0': 1, 'a/1': -1 }), {}, systemClock)
  const [first, second] = await Promise.allSettled([
    appender.append(record(0)),
    appender.append(record(1)),
  ])
  assert.deepEqual(first, { status: 'fulfilled', value: { offset: 7 } })
  assert.ok(second.status === 'rejected' && isFailed(second.reason))
  await appender.close()
})

test('records that fail one after the other do not ask for metadata each time', async () => {
  const cluster = clusterWith({ 'a/0': -1 })
  let elapsedMs = 0
  const appender = new KafkaJsAppender(cluster, {}, { ...systemClock, elapsedMs: () => elapsedMs })
  const refreshes = (): number => cluster.calls.filter(name => name === 'refreshMetadata').length
  for (let n = 0; n < 50; n++) await assert.rejects(appender.append(record(0)), isFailed)
  assert.equal(refreshes(), 1)
  elapsedMs += 100
  cluster.leaders.set('a/0', 1)
  assert.deepEqual(await appender.append(record(0)), { offset: 7 })
  assert.equal(refreshes(), 2)
  await appender.close()
})

test('closing waits for what is under way, and may be asked for twice', async () => {
  const appender = new KafkaJsAppender(clusterWith({ 'a/0': 1 }), {}, systemClock)
  const appended = appender.append(record(0))
  await Promise.all([appender.close(), appender.close()])
  assert.deepEqual(await appended, { offset: 7 })
  await assert.rejects(appender.append(record(0)), /closed/)
})
