// Leaders that move and brokers that die under a transactional writer and an appender, on three real
// brokers. Kafka's own Java client judges: nothing lost, nothing repeated, all of a transaction or nothing.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { messageOf } from '@fleet/runtime'
import { Kafka, logLevel } from 'kafkajs'
import type { Admin } from 'kafkajs'

import {
  fetchDistribution,
  foldersOf,
  kafkaClasspath,
  readLocalSettings,
} from '../../../infra/local/index.ts'
import { Cluster } from '../../../test/faults/world/cluster.ts'
import { until } from '../../../test/faults/world/wait.ts'
import { readCommitted } from '../../../test/support/committed-reader.ts'
import { connectKafka } from '../src/index.ts'
import type { Broker, TransactionalWriter } from '../src/index.ts'
import { everywhere, isLost, record, valuesSeen } from './conformance-harness.ts'

const patienceMs = 60_000
const dataDir = mkdtempSync(join(tmpdir(), 'fleet-leaders-'))
const { dist } = readLocalSettings().folders
let cluster: Cluster
let broker: Broker
let admin: Admin

before(async () => {
  const folders = foldersOf(dataDir, dist)
  mkdirSync(folders.temporary, { recursive: true })
  await fetchDistribution(folders, () => {})
  cluster = await Cluster.start(dataDir, dist, kafkaClasspath(dist))
  await cluster.answers()
  const brokers = cluster.direct.split(',')
  broker = connectKafka({ brokers, clientId: 'leader-moves' })
  admin = new Kafka({ brokers, clientId: 'mover', logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
})

after(async () => {
  await admin.disconnect()
  await cluster.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

/** Replicas of the three partitions; the first one leads. */
type Placement = readonly [readonly number[], readonly number[], readonly number[]]

async function makeTopic(label: string, placement: Placement): Promise<string> {
  const topic = `leaders.${label}.${randomUUID()}`
  const replicaAssignment = placement.map((replicas, partition) => ({
    partition,
    replicas: [...replicas],
  }))
  const configEntries = [
    { name: 'min.insync.replicas', value: placement[0].length > 2 ? '2' : '1' },
    { name: 'message.timestamp.type', value: 'LogAppendTime' },
  ]
  await admin.createTopics({
    waitForLeaders: false,
    topics: [{ topic, replicaAssignment, configEntries }],
  })
  await until(`${topic} is led as placed`, patienceMs, () => isLedBy(topic, placement))
  return topic
}

async function leadersOf(topic: string): Promise<number[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const partitions = topics[0]?.partitions ?? []
  return partitions.toSorted((a, b) => a.partitionId - b.partitionId).map(({ leader }) => leader)
}

async function isLedBy(topic: string, placement: Placement): Promise<boolean> {
  const leaders = await leadersOf(topic)
  return placement.every(([leader], partition) => leaders[partition] === leader)
}

async function move(topic: string, placement: Placement): Promise<void> {
  const partitionAssignment = placement.map((replicas, partition) => ({
    partition,
    replicas: [...replicas],
  }))
  await admin.alterPartitionReassignments({
    topics: [{ topic, partitionAssignment }],
    timeout: 10_000,
  })
  await until('the leaders have moved', patienceMs, () => isLedBy(topic, placement))
}

/** As the stage loop does: until the fence succeeds. */
async function fence(transactionalId: string): Promise<TransactionalWriter> {
  let writer: TransactionalWriter | null = null
  await until('the fence succeeds', patienceMs, async () => {
    writer = await broker.openWriter({ transactionalId })
    return true
  })
  return writer ?? assert.fail('no writer')
}

async function committedTo(topic: string): Promise<string[][]> {
  const records = await readCommitted(cluster.direct, [topic])
  return [0, 1, 2].map(number =>
    records
      .filter(({ partition }) => partition === number)
      .toSorted((a, b) => a.offset - b.offset)
      .map(({ value }) => value?.toString('utf8') ?? 'null'),
  )
}

/** Fences and commits until a commit succeeds; what is refused at a produce is not there. */
async function commitAnew(topic: string, value: string): Promise<TransactionalWriter> {
  let committed: TransactionalWriter | null = null
  await until(`${value} is committed`, patienceMs, async () => {
    const writer = await fence(`t.${topic}`)
    try {
      await writer.commit(everywhere(topic, value))
      committed = writer
    } finally {
      if (committed === null) await writer.close()
    }
    return true
  })
  return committed ?? assert.fail('no writer')
}

const home: Placement = [[1], [2], [3]]
/** One after the other. One replica each: whoever led before is no replica any more, and refuses. */
const moves: [string, Placement][] = [
  ['one to the leader of another partition', [[2], [2], [3]]],
  ['one to a broker that led none', [[2], [1], [3]]],
  ['two change places', [[1], [2], [3]]],
  ['all move on by one', [[2], [3], [1]]],
  ['all to one broker', [[1], [1], [1]]],
  ['the last one alone', [[1], [1], [2]]],
  ['two together', [[3], [3], [2]]],
]

test('a leader that moves between the metadata and the request costs the transaction, never a part', async () => {
  const topic = await makeTopic('moves', home)
  const appender = await broker.openAppender()
  const expected: string[] = []
  const appended: { partition: number; value: string }[] = []
  let lost = 0
  for (const [index, [what, placement]] of moves.entries()) {
    const writer = await commitAnew(topic, `${index} before`)
    expected.push(`${index} before`)
    await move(topic, placement)
    try {
      await writer.commit(everywhere(topic, `${index} moved`))
      expected.push(`${index} moved`)
    } catch (error) {
      assert.ok(isLost(error), `${what}: ${messageOf(error)}`)
      lost++
    }
    await writer.close()
    for (const partition of [0, 1, 2]) {
      const value = `${index} appended`
      await appender.append(record(topic, partition, value)).then(
        () => appended.push({ partition, value }),
        () => {},
      )
    }
  }
  await (await commitAnew(topic, 'last')).close()
  expected.push('last')
  await appender.close()
  assert.ok(lost > moves.length / 2, `only ${lost} transactions met a leader that had moved`)
  const partitions = await committedTo(topic)
  for (const [partition, values] of partitions.entries()) {
    const inTransactions = values.filter(value => !value.endsWith('appended'))
    assert.deepEqual(inTransactions, expected)
    for (const entry of appended.filter(one => one.partition === partition)) {
      assert.ok(values.includes(entry.value), `${entry.value} was acknowledged and is not there`)
    }
  }
})

/** Commits numbers one after the other, as a task does, until told to stop; returns how many. */
async function commitNumbers(
  topic: string,
  progress: { next: number; losses: number; stop: boolean },
): Promise<void> {
  const transactionalId = `t.${topic}`
  while (!progress.stop) {
    const writer = await fence(transactionalId)
    await until('what was committed is read back', patienceMs, async () => {
      const [first = [], ...others] = await valuesSeen(broker, topic)
      for (const other of others) assert.deepEqual(other, first)
      progress.next = first.length
      return true
    })
    try {
      while (!progress.stop) {
        await writer.commit(everywhere(topic, `${progress.next}`))
        progress.next++
      }
    } catch (error) {
      assert.ok(isLost(error), messageOf(error))
      progress.losses++
    }
    await writer.close()
  }
}

test('brokers that die under a writer cost time, no record and no order', async () => {
  const replicas: Placement = [
    [1, 2, 3],
    [2, 3, 1],
    [3, 1, 2],
  ]
  const topic = await makeTopic('kills', replicas)
  const progress = { next: 0, losses: 0, stop: false }
  const committing = commitNumbers(topic, progress)
  const advances = (by: number): Promise<number> => {
    const goal = progress.next + by
    return until('commits go on', patienceMs, () => progress.next >= goal)
  }
  try {
    await advances(30)
    for (const partition of [0, 1]) {
      await cluster.whole(patienceMs)
      await advances(30)
      const leader = (await leadersOf(topic))[partition] ?? 1
      await cluster.broker(leader).process.kill()
      await advances(30)
    }
  } finally {
    progress.stop = true
    await committing
  }
  const numbers = Array.from({ length: progress.next }, (_, number) => `${number}`)
  assert.deepEqual(await committedTo(topic), [numbers, numbers, numbers])
  assert.ok(progress.losses > 0, 'no transaction was ever lost: nothing was tested')
})
