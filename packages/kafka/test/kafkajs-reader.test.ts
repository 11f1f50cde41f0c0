// What one partition's trouble must not do to the others, and what a reader leaves behind.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { FleetError, systemClock } from '@fleet/runtime'
import { fetchPlan } from '../src/fetch-plan.ts'
import type { BrokerNode } from '../src/kafkajs.ts'
import { KafkaJsReader } from '../src/kafkajs-reader.ts'
import type { Position, RecordStream } from '../src/ports.ts'
import { StreamBuffer } from '../src/stream-buffer.ts'
import {
  askedFor,
  batchAt,
  fakeCluster,
  fakePool,
  fetchResponse,
  protocolError,
} from './fake-cluster.ts'
import type { FakeCluster, FakePartition } from './fake-cluster.ts'

const deadlineMs = 30_000
const never = new Promise<never>(() => {})
type Asked = { topic: string; partition: number; offset: number }

/** A node that answers each fetch by `answer`; null leaves it waiting for ever. */
function node(
  answer: (asked: Asked[]) => Promise<FakePartition[] | null>,
  logStart: () => number = () => 0,
): Partial<BrokerNode> {
  return {
    connectionPool: fakePool(async (_, body) => {
      const partitions = await answer(askedFor(body))
      await new Promise(resolve => setImmediate(resolve))
      return partitions === null ? null : fetchResponse(partitions)
    }),
    listOffsets: ({ topics }) =>
      Promise.resolve({
        responses: topics.map(({ topic, partitions }) => ({
          topic,
          partitions: partitions.map(({ partition }) => ({
            partition,
            offset: String(logStart()),
          })),
        })),
      }),
  }
}

/** Every partition has one record at each offset; its value is `topic/partition/offset`. */
const endless = (asked: Asked[]): Promise<FakePartition[]> =>
  Promise.all(
    asked.map(async ({ topic, partition, offset }) => ({
      topic,
      partition,
      records: await batchAt(offset, `${topic}/${partition}/${offset}`),
    })),
  )

const at = (topic: string, offset = 0): Position => ({ topic, partition: 0, offset })
const readerOf = (cluster: FakeCluster): KafkaJsReader =>
  new KafkaJsReader(cluster, {}, systemClock)

async function takeOne(stream: RecordStream, what: string): Promise<string> {
  const end = performance.now() + deadlineMs
  while (performance.now() < end) {
    const { records } = await stream.take(1, 100)
    if (records[0] !== undefined) return String(records[0].value)
  }
  return assert.fail(`nothing came: ${what}`)
}

test('a partition without leader waits alone, and is read as soon as it has one', async () => {
  const cluster = fakeCluster({ 'a/0': 1, 'b/0': -1 })
  cluster.nodes.set('1', node(endless))
  const reader = readerOf(cluster)
  const [a, b] = [reader.open([at('a')]), reader.open([at('b')])]
  assert.equal(await takeOne(a, 'the partition with a leader'), 'a/0/0')
  cluster.leaders.set('b/0', 1)
  assert.equal(await takeOne(b, 'the partition that got one'), 'b/0/0')
  await reader.close()
})

test('a partition its broker refuses does not slow down its neighbours', async () => {
  const cluster = fakeCluster({ 'a/0': 1, 'b/0': 1 })
  const notLeader = 6
  const answer = async (asked: Asked[]): Promise<FakePartition[]> =>
    (await endless(asked)).map(part =>
      part.topic === 'b' ? { topic: 'b', partition: 0, errorCode: notLeader } : part,
    )
  cluster.nodes.set('1', node(answer))
  const reader = readerOf(cluster)
  const [a] = [reader.open([at('a')]), reader.open([at('b')])]
  const started = performance.now()
  for (let turn = 0; turn < 50; turn++) await takeOne(a, 'the healthy partition')
  assert.ok(performance.now() - started < 1000, `${performance.now() - started} ms`)
  await reader.close()
})

test('a right that is missing fails its stream at once, and the others go on', async () => {
  const cluster = fakeCluster({ 'a/0': 1, 'b/0': 1 })
  const topicAuthorization = 29
  const answer = async (asked: Asked[]): Promise<FakePartition[]> =>
    (await endless(asked)).map(part =>
      part.topic === 'b' ? { topic: 'b', partition: 0, errorCode: topicAuthorization } : part,
    )
  cluster.nodes.set('1', node(answer))
  const reader = readerOf(cluster)
  const [a, b] = [reader.open([at('a')]), reader.open([at('b')])]
  const refused = { code: 'KAFKA_AUTHORIZATION', fate: 'fatal' }
  await assert.rejects(takeOne(b, 'the refusal'), refused)
  assert.equal(await takeOne(a, 'the partition that may be read'), 'a/0/0')
  await reader.close()
})

test('a reader whose credentials are refused ends instead of trying for ever', async () => {
  const cluster = fakeCluster({ 'a/0': 1 })
  const error = Object.assign(new Error('x'), { name: 'KafkaJSSASLAuthenticationError' })
  cluster.connect = () => Promise.reject(error)
  const reader = readerOf(cluster)
  reader.open([at('a')])
  await assert.rejects(reader.failed, { code: 'KAFKA_AUTHENTICATION', fate: 'fatal' })
  await reader.close()
})

test('a start of the log that can’t be found holds up that partition alone', async () => {
  const cluster = fakeCluster({ 'a/0': 1, 'b/0': 1 })
  const one = node(endless)
  cluster.nodes.set('1', {
    ...one,
    listOffsets: request =>
      request.topics[0]?.topic === 'b'
        ? Promise.reject(protocolError('LEADER_NOT_AVAILABLE'))
        : (one.listOffsets?.(request) ?? never),
  })
  const reader = readerOf(cluster)
  const [a] = [reader.open([at('a', -1)]), reader.open([at('b', -1)])]
  assert.equal(await takeOne(a, 'the other partition'), 'a/0/0')
  await reader.close()
})

test('room made while fetches are being handed out is not forgotten', async () => {
  const cluster = fakeCluster({ 'full/0': 1, 'slow/0': 2 })
  const large = 'x'.repeat(5 * 1024 * 1024)
  const fill = async (asked: Asked[]): Promise<FakePartition[]> =>
    Promise.all(
      asked.map(async ({ topic, partition, offset }) => ({
        topic,
        partition,
        records: await batchAt(offset, large),
      })),
    )
  cluster.nodes.set('1', node(fill))
  let found: (start: number) => void = () => {}
  const asked = new Promise<void>(resolve => {
    cluster.nodes.set('2', {
      ...node(() => Promise.resolve(null)),
      listOffsets: async () => {
        resolve()
        const offset = await new Promise<number>(done => (found = done))
        return {
          responses: [{ topic: 'slow', partitions: [{ partition: 0, offset: String(offset) }] }],
        }
      },
    })
  })
  const reader = readerOf(cluster)
  const full = reader.open([at('full')])
  while (full.lag()[0]?.lag !== 100) await new Promise(resolve => setImmediate(resolve))
  reader.open([at('slow', -1)])
  await asked
  await takeOne(full, 'what filled the buffer')
  found(0)
  await takeOne(full, 'the next record, after there was room')
  // Nodes that never answer would hold up close(); the fake has no sockets to leak.
})

test('two streams of one partition get their own records, each from its position', async () => {
  const cluster = fakeCluster({ 'a/0': 1 })
  // As a broker does: of two entries for a partition, the last one counts.
  const lastCounts = (asked: Asked[]): Promise<FakePartition[]> => endless(asked.slice(-1))
  cluster.nodes.set('1', node(lastCounts))
  const reader = readerOf(cluster)
  const [early, late] = [reader.open([at('a', 5)]), reader.open([at('a', 50)])]
  assert.equal(await takeOne(early, 'the early stream'), 'a/0/5')
  assert.equal(await takeOne(late, 'the late stream'), 'a/0/50')
  assert.equal(await takeOne(early, 'the early stream again'), 'a/0/6')
  await reader.close()
})

test('a stream from the start follows a start that retention moved; any other position is lost', async () => {
  const cluster = fakeCluster({ 'a/0': 1 })
  const outOfRange = 1
  let logStart = 3
  const answer = (asked: Asked[]): Promise<FakePartition[]> => {
    if (logStart === 3) {
      logStart = 9
      return Promise.resolve([{ topic: 'a', partition: 0, errorCode: outOfRange }])
    }
    return endless(asked)
  }
  cluster.nodes.set(
    '1',
    node(answer, () => logStart),
  )
  const reader = readerOf(cluster)
  const fromStart = reader.open([at('a', -1)])
  assert.equal(await takeOne(fromStart, 'the first record'), 'a/0/9')
  fromStart.close()
  logStart = 3
  const behind = reader.open([at('a', 4)])
  await assert.rejects(
    takeOne(behind, 'an error'),
    (error: unknown) => error instanceof FleetError && error.code === 'OFFSET_OUT_OF_RANGE',
  )
  await reader.close()
})

test('a reader closed while it connects leaves no connection', async () => {
  const cluster = fakeCluster({ 'a/0': 1 })
  cluster.nodes.set('1', node(endless))
  let connected: () => void = () => {}
  cluster.connect = () =>
    new Promise(resolve => {
      connected = () => {
        cluster.calls.push('connect')
        resolve()
      }
    })
  const reader = readerOf(cluster)
  reader.open([at('a')])
  const closing = reader.close()
  connected()
  await closing
  assert.equal(cluster.calls.at(-1), 'disconnect')
  assert.ok(!cluster.calls.includes('addMultipleTargetTopics'), String(cluster.calls))
})

test('taking from a closed stream leaves other work its turn', async () => {
  const reader = readerOf(fakeCluster({ 'a/0': -1 }))
  const stream = reader.open([at('a')])
  stream.close()
  let hadTurn = false
  setImmediate(() => (hadTurn = true))
  for (let take = 0; take < 20; take++) await stream.take(1, 1000)
  assert.ok(hadTurn, 'the event loop got no turn')
  await reader.close()
})

test('every partition is the first of a fetch in its turn', () => {
  const hooks = { onRoom: (): void => {}, onClose: (): void => {} }
  const streams = ['a', 'b', 'c'].map(name => new StreamBuffer([at(name)], systemClock, hooks))
  const firsts = [0, 1, 2, 3].map(
    turn => fetchPlan(streams, turn, () => 1).byLeader.get(1)?.[0]?.buffer.topic,
  )
  assert.deepEqual(firsts, ['a', 'b', 'c', 'a'])
})

test('a reader that can fetch nothing says so after two seconds, until it can again', async () => {
  const cluster = fakeCluster({ 'a/0': 1 })
  let isDown = true
  let attempts = 0
  let elapsedMs = 0
  cluster.nodes.set(
    '1',
    node(asked => {
      attempts++
      return isDown ? Promise.reject(new Error('connection refused')) : endless(asked)
    }),
  )
  const reader = new KafkaJsReader(cluster, {}, { ...systemClock, elapsedMs: () => elapsedMs })
  const stream = reader.open([at('a')])
  const until = performance.now() + deadlineMs
  while (attempts < 2 && performance.now() < until) await stream.take(1, 10)
  assert.equal(reader.problem(), null)
  elapsedMs = 3000
  assert.equal(reader.problem(), 'nothing fetched for 3 s: connection refused')
  isDown = false
  while (reader.problem() !== null && performance.now() < until) await stream.take(1, 10)
  assert.equal(reader.problem(), null)
  await reader.close()
})

test('a batch damaged on its way is fetched again; one damaged for good fails its stream alone', async () => {
  const cluster = fakeCluster({ 'a/0': 1, 'b/0': 1 })
  let damagedFetches = 2
  const damage = async (asked: Asked[]): Promise<FakePartition[]> =>
    (await endless(asked)).map(part => {
      if (part.topic !== 'a' || damagedFetches === 0) return part
      damagedFetches--
      const records = Buffer.from(part.records ?? '')
      records.writeUInt8((records.at(-1) ?? 0) ^ 1, records.length - 1)
      return { ...part, records }
    })
  cluster.nodes.set('1', node(damage))
  const reader = readerOf(cluster)
  const [a, b] = [reader.open([at('a')]), reader.open([at('b')])]
  assert.equal(await takeOne(a, 'the batch, whole at the third time'), 'a/0/0')
  damagedFetches = Infinity
  await assert.rejects(
    async () => {
      for (;;) await takeOne(a, 'an error')
    },
    (error: unknown) =>
      error instanceof FleetError && error.code === 'CORRUPT_BATCH' && error.fate === 'fatal',
  )
  await takeOne(b, 'the other stream')
  await reader.close()
})
