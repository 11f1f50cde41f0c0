// What is fetched and not yet taken stays bounded, however long nobody takes it (pitfall P20).

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { systemClock } from '@fleet/runtime'
import type { BrokerNode } from '../src/kafkajs.ts'
import { KafkaJsReader } from '../src/kafkajs-reader.ts'
import type { RecordStream } from '../src/ports.ts'
import {
  answerBytesMax,
  askedFor,
  batchAt,
  fakeCluster,
  fakePool,
  fetchResponse,
} from './fake-cluster.ts'
import type { FakePartition } from './fake-cluster.ts'

const kibibyte = 1024
const mebibyte = 1024 * kibibyte
const deadlineMs = 30_000
const fullBytes = 400 * kibibyte
const fullCount = 10

interface World {
  reader: KafkaJsReader
  /** Offsets that were asked for, by topic. */
  asked: Map<string, number[]>
  open(topic: string): RecordStream
}

/** Endless topics on one broker: one record a batch and a batch a fetch, large in `full`. */
function world(look: (body: Buffer) => void = () => {}): World {
  const asked = new Map<string, number[]>()
  const cluster = fakeCluster({ 'full/0': 1, 'free/0': 1 })
  const answer = async (body: Buffer): Promise<Buffer> => {
    look(body)
    const partitions: FakePartition[] = []
    for (const { topic, partition, offset } of askedFor(body)) {
      asked.set(topic, [...(asked.get(topic) ?? []), offset])
      const value = 'x'.repeat(topic === 'full' ? fullBytes : kibibyte)
      // Its end, so that a reader without a bound fails the test and not the machine.
      if (topic === 'full' && offset === fullCount) partitions.push({ topic, partition })
      else partitions.push({ topic, partition, records: await batchAt(offset, value) })
    }
    await new Promise(resolve => setImmediate(resolve))
    return fetchResponse(partitions)
  }
  const node: Partial<BrokerNode> = { connectionPool: fakePool((_, body) => answer(body)) }
  cluster.nodes.set('1', node)
  const reader = new KafkaJsReader(cluster, {}, systemClock)
  return {
    reader,
    asked,
    open: topic => reader.open([{ topic, partition: 0, offset: 0 }]),
  }
}

async function take(stream: RecordStream, count: number): Promise<void> {
  const end = performance.now() + deadlineMs
  for (let taken = 0; taken < count;) {
    assert.ok(performance.now() < end, `${taken} of ${count} records came`)
    taken += (await stream.take(count - taken, 100)).records.length
  }
}

const heldBytes = (stream: RecordStream): number =>
  stream.ahead().reduce((sum, { value }) => sum + (value?.length ?? 0), 0)

test('a full partition is not fetched further until some of it is taken, while others go on', async () => {
  const { reader, asked, open } = world()
  const [full, free] = [open('full'), open('free')]
  await take(free, 200)
  // Below 1 MiB there is room for one fetch more: 400, 800, 1,200 KiB.
  assert.deepEqual(asked.get('full'), [0, 1, 2])
  assert.equal(heldBytes(full), 3 * fullBytes)
  await take(full, 1)
  await take(free, 200)
  assert.deepEqual(asked.get('full'), [0, 1, 2, 3])
  assert.equal(heldBytes(full), 3 * fullBytes)
  await reader.close()
})

test('a fetch asks for at most 1 MiB of a partition and 8 MiB in all', async () => {
  const limits: number[][] = []
  const { reader, open } = world(body => {
    limits.push([answerBytesMax(body), ...askedFor(body).map(({ bytesMax }) => bytesMax)])
  })
  await take(open('free'), 3)
  for (const limit of limits) assert.deepEqual(limit, [8 * mebibyte, mebibyte])
  await reader.close()
})

test('a small part of large answers that nobody takes does not hold the answers', async () => {
  const { reader, open } = world()
  const [slow, other] = [open('free'), open('full')]
  await take(other, fullCount)
  const held = new Set(slow.ahead().map(({ value }) => value?.buffer))
  const bytes = [...held].reduce((sum, buffer) => sum + (buffer?.byteLength ?? 0), 0)
  assert.ok(bytes < fullBytes, `${slow.ahead().length} KiB hold ${bytes} bytes`)
  await reader.close()
})
