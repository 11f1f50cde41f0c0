import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryBroker } from '@fleet/kafka'
import type { InRecord } from '@fleet/kafka'
import { systemClock } from '@fleet/runtime'
import { followTopic } from '../../src/tail/follow-topic.ts'
import type { FollowPlan } from '../../src/tail/follow-topic.ts'

const topic = 'topic'

async function setUp() {
  let nowMs = 1000
  const broker = createMemoryBroker({
    topics: [topic],
    partitions: 2,
    appendTimeMs: () => (nowMs += 10),
  })
  const appender = await broker.openAppender()
  const write = (partition: number, value: string) =>
    appender.append({ topic, partition, key: value, value: Buffer.from(value) })
  const kafka = { broker, admin: await broker.openAdmin() }
  const follow = async (plan: Partial<FollowPlan>, onShown?: (values: string[]) => void) => {
    const stopping = new AbortController()
    const shown: InRecord[] = []
    await followTopic(
      { clock: systemClock, stopping: stopping.signal },
      kafka,
      {
        topic,
        start: 'earliest',
        recordsMax: Infinity,
        timeoutMs: 0,
        partition: null,
        accept: () => true,
        ...plan,
      },
      records => {
        shown.push(...records)
        onShown?.(valuesOf(shown))
        if (valuesOf(shown).includes('stop')) stopping.abort()
        return Promise.resolve()
      },
    )
    return valuesOf(shown).toSorted()
  }
  return { broker, write, follow }
}

function valuesOf(records: readonly InRecord[]): string[] {
  return records.map(record => record.value?.toString() ?? '')
}

test('what is there is read to its end, even when the time is over', async () => {
  const { write, follow } = await setUp()
  for (const value of ['a', 'b', 'c']) await write(value === 'b' ? 1 : 0, value)
  assert.deepEqual(await follow({}), ['a', 'b', 'c'])
})

test('an empty topic ends at once', async () => {
  const { follow } = await setUp()
  assert.deepEqual(await follow({}), [])
})

test('it ends after so many records', async () => {
  const { write, follow } = await setUp()
  for (const value of ['a', 'b', 'c']) await write(0, value)
  assert.deepEqual(await follow({ recordsMax: 2, timeoutMs: null }), ['a', 'b'])
})

test('only the asked key and partition', async () => {
  const { write, follow } = await setUp()
  await write(0, 'a')
  await write(1, 'b')
  await write(1, 'c')
  assert.deepEqual(await follow({ partition: 1 }), ['b', 'c'])
  assert.deepEqual(await follow({ accept: record => record.key?.toString() === 'c' }), ['c'])
})

test('from latest only what is new; without a time-out until it is stopped', async () => {
  const { write, follow } = await setUp()
  await write(0, 'old')
  const following = follow({ start: 'latest', timeoutMs: null })
  // The positions are taken before anything is awaited that the broker could answer later.
  await new Promise(resolve => setImmediate(resolve))
  await write(0, 'new')
  await write(1, 'stop')
  assert.deepEqual(await following, ['new', 'stop'])
})

test('from a time: the first record at or after it', async () => {
  const { write, follow } = await setUp()
  for (const value of ['at-1010', 'at-1020', 'at-1030']) await write(0, value)
  assert.deepEqual(await follow({ start: { timestampMs: 1015 } }), ['at-1020', 'at-1030'])
  assert.deepEqual(await follow({ start: { timestampMs: 9999 } }), [])
})

test('what is not committed is not shown', async () => {
  const { broker, follow } = await setUp()
  const writer = await broker.openWriter({ transactionalId: 'w' })
  await writer.commit([{ topic, partition: 0, key: null, value: Buffer.from('committed') }])
  broker.writeAndVanish('w', [{ topic, partition: 0, key: null, value: Buffer.from('open') }])
  assert.deepEqual(await follow({}), ['committed'])
  // Decides the open transaction: its time-out would keep this process alive for 20 seconds.
  await broker.openWriter({ transactionalId: 'w' })
})

test('a topic that is not there is said so', async () => {
  const { follow } = await setUp()
  await assert.rejects(follow({ topic: 'other' }), /other does not exist. try: fleet topics apply/)
})

test('a partition that is not there is wrong usage', async () => {
  const { follow } = await setUp()
  await assert.rejects(follow({ partition: 2 }), /topic has partitions 0 to 1/)
})
