// Appends when partitions or leaders are missing.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'

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

/** Keeps each request waiting until it is acknowledged; `sent`: records of each, of its first partition. */
function heldCluster() {
  const cluster = fakeCluster({ 'a/0': 1 })
  const held = { cluster, sent: [] as number[], acknowledge: (): void => {} }
  cluster.nodes.set('1', {
    connectionPool: fakePool((_, body) => {
      const produced = readProduce(body)
      // The count of records in the header of a batch.
      held.sent.push(produced.partitions[0]?.records.readInt32BE(57) ?? 0)
      return new Promise(resolve => {
        held.acknowledge = () => resolve(acknowledgedAt(produced, 7))
      })
    }),
  })
  return held
}

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

test('what nobody waits for any more when its turn comes is not sent', async () => {
  const held = heldCluster()
  let elapsedMs = 0
  const appender = new KafkaJsAppender(
    held.cluster,
    {},
    { ...systemClock, elapsedMs: () => elapsedMs },
  )
  const first = appender.append(record(0), 100)
  while (held.sent.length === 0) await turn()
  const late = appender.append(record(0), 100)
  const inTime = appender.append(record(0), 101)
  elapsedMs = 100
  held.acknowledge()
  assert.deepEqual(await first, { offset: 7 })
  await assert.rejects(late, { code: 'OVERLOADED' })
  while (held.sent.length === 1) await turn()
  held.acknowledge()
  assert.deepEqual(await inTime, { offset: 7 })
  assert.deepEqual(held.sent, [1, 1])
  await appender.close()
})

test('closing waits for what is under way, and may be asked for twice', async () => {
  const appender = new KafkaJsAppender(clusterWith({ 'a/0': 1 }), {}, systemClock)
  const appended = appender.append(record(0))
  await Promise.all([appender.close(), appender.close()])
  assert.deepEqual(await appended, { offset: 7 })
  await assert.rejects(appender.append(record(0)), /closed/)
})

test('what arrives while a request is under way goes with the next one, in order', async () => {
  const held = heldCluster()
  let turns = 0
  const refresh = held.cluster.refreshMetadataIfNecessary.bind(held.cluster)
  held.cluster.refreshMetadataIfNecessary = () => {
    turns++
    return refresh()
  }
  const appender = new KafkaJsAppender(held.cluster, {}, systemClock)
  const first = appender.append(record(0))
  while (held.sent.length < 1) await turn()
  const later: Promise<{ offset: number }>[] = []
  for (let n = 0; n < 5; n++) {
    later.push(appender.append(record(0)))
    await turn()
  }
  assert.equal(turns, 1, 'nothing is looked at again while the leader is busy')
  held.acknowledge()
  assert.deepEqual(await first, { offset: 7 })
  while (held.sent.length < 2) await turn()
  held.acknowledge()
  const offsets = (await Promise.all(later)).map(({ offset }) => offset)
  assert.deepEqual(offsets, [7, 8, 9, 10, 11])
  await appender.close()
})

test('more bytes than may be under way are refused at once, and answers make room again', async () => {
  const held = heldCluster()
  const { value } = record(0)
  const large = { ...record(0), value: Buffer.concat([value, Buffer.alloc(600)]) }
  const appender = new KafkaJsAppender(held.cluster, { pendingBytesMax: 1000 }, systemClock)
  const first = appender.append(large)
  await assert.rejects(
    appender.append(large),
    (error: unknown) => error instanceof FleetError && error.code === 'OVERLOADED',
  )
  while (held.sent.length < 1) await turn()
  held.acknowledge()
  await first
  const second = appender.append(large)
  while (held.sent.length < 2) await turn()
  held.acknowledge()
  assert.deepEqual(await second, { offset: 7 })
  await appender.close()
})

test('five hundred do not wait for the end of a turn, which may be long', async () => {
  const held = heldCluster()
  const appender = new KafkaJsAppender(held.cluster, {}, systemClock)
  let isTurnOver = false
  const turnOver = turn().then(() => (isTurnOver = true))
  const restOfWork = async (): Promise<void> => {
    for (let n = 0; n < 100; n++) await Promise.resolve()
  }
  const all = Array.from({ length: 499 }, () => appender.append(record(0)))
  await restOfWork()
  assert.deepEqual(held.sent, [])
  all.push(appender.append(record(0)))
  await restOfWork()
  assert.deepEqual(held.sent, [500])
  for (let n = 0; n < 700; n++) all.push(appender.append(record(0)))
  held.acknowledge()
  await restOfWork()
  assert.deepEqual(held.sent, [500, 700])
  assert.equal(isTurnOver, false)
  held.acknowledge()
  await Promise.all([...all, turnOver])
  await appender.close()
})
