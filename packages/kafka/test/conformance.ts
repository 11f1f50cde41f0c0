// What the seam promises, as one suite that both brokers must pass. Each test makes topics of its own.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'

import { FleetError } from '@fleet/runtime'
import type { Broker } from '../src/index.ts'
import { groupCases } from './conformance-groups.ts'
import {
  deadlineMs,
  isLost,
  partitions,
  readRecords,
  record,
  start,
  texts,
  withTopic,
} from './conformance-harness.ts'
import type { Harness } from './conformance-harness.ts'
import { readerCases } from './conformance-reading.ts'
import { recordCases } from './conformance-records.ts'
import { transactionCases } from './conformance-transactions.ts'

export function conformance(name: string, open: () => Promise<Harness>): void {
  transactionCases(name, open)
  recordCases(name, open)
  readerCases(name, open)
  groupCases(name, open)

  test(`${name}: a committed transaction is read whole, in order, across its partitions`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'commit')
    const writer = await broker.openWriter({ transactionalId: `t.${topic}` })
    const committed = await writer.commit([
      record(topic, 0, 'a'),
      record(topic, 1, 'b'),
      record(topic, 0, 'c'),
    ])
    assert.deepEqual(
      committed.toSorted((a, b) => a.partition - b.partition),
      [
        { topic, partition: 0, baseOffset: 0 },
        { topic, partition: 1, baseOffset: 0 },
      ],
    )
    const reader = await broker.openReader()
    const records = await readRecords(reader, [start(0, topic), start(1, topic)], 3)
    const of = (partition: number): string[] =>
      texts(records.filter(entry => entry.partition === partition))
    assert.deepEqual([of(0), of(1)], [['a', 'c'], ['b']])
    await reader.close()
    await writer.close()
  })

  test(`${name}: keys, values, headers, tombstones and log-append time survive`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'bytes')
    const writer = await broker.openWriter({ transactionalId: `t.${topic}` })
    const before = Date.now()
    await writer.commit([
      {
        topic,
        partition: 0,
        key: Buffer.from([0, 0, 0, 0]),
        value: Buffer.from([1, 2]),
        headers: { text: 'täxt', bytes: Buffer.from([255]) },
      },
      { topic, partition: 0, key: 'gone', value: null },
    ])
    const reader = await broker.openReader()
    const [first, second] = await readRecords(reader, [start(0, topic)], 2)
    assert.deepEqual([...(first?.key ?? [])], [0, 0, 0, 0])
    assert.deepEqual([...(first?.value ?? [])], [1, 2])
    assert.equal(first?.headers['text']?.toString('utf8'), 'täxt')
    assert.deepEqual([...(first?.headers['bytes'] ?? [])], [255])
    assert.equal(second?.key?.toString(), 'gone')
    assert.equal(second?.value, null)
    assert.ok(
      (first?.timestampMs ?? 0) >= before - 1000 && (first?.timestampMs ?? 0) < before + 60_000,
    )
    await reader.close()
    await writer.close()
  })

  test(`${name}: a second writer with the same id fences the first for good`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'fence')
    const options = { transactionalId: `t.${topic}` }
    const zombie = await broker.openWriter(options)
    await zombie.commit([record(topic, 0, 'before')])
    const successor = await broker.openWriter(options)
    await assert.rejects(zombie.commit([record(topic, 0, 'zombie')]), isLost)
    await successor.commit([record(topic, 0, 'after')])
    await assert.rejects(zombie.commit([record(topic, 0, 'again')]), isLost)
    const reader = await broker.openReader()
    assert.deepEqual(texts(await readRecords(reader, [start(0, topic)], 2)), ['before', 'after'])
    await reader.close()
    await Promise.all([zombie.close(), successor.close()])
  })

  test(`${name}: an unfinished transaction hides what follows until a new writer decides it`, async () => {
    const { broker, vanishMidTransaction } = await open()
    const topic = await withTopic(broker, 'stable')
    const transactionalId = `t.${topic}`
    const other = await broker.openWriter({ transactionalId: `other.${topic}` })
    await vanishMidTransaction(transactionalId, [
      record(topic, 0, 'lost'),
      record(topic, 0, 'lost 2'),
    ])
    await other.commit([record(topic, 0, 'behind')])
    const reader = await broker.openReader({ maxWaitMs: 50 })
    assert.deepEqual(texts(await readRecords(reader, [start(0, topic)], 1, 700)), [])
    const successor = await broker.openWriter({ transactionalId })
    await successor.commit([record(topic, 0, 'after')])
    const records = await readRecords(reader, [start(0, topic)], 2)
    assert.deepEqual(texts(records), ['behind', 'after'])
    await reader.close()
    await Promise.all([other.close(), successor.close()])
  })

  test(`${name}: several aborted transactions in one fetch leak nothing`, async () => {
    const { broker, vanishMidTransaction } = await open()
    const topic = await withTopic(broker, 'aborted')
    const ids = ['a', 'b', 'c'].map(id => `${id}.${topic}`)
    for (const transactionalId of ids) {
      await vanishMidTransaction(transactionalId, [record(topic, 0, `lost ${transactionalId}`)])
    }
    for (const transactionalId of ids.toReversed()) {
      const writer = await broker.openWriter({ transactionalId })
      await writer.commit([record(topic, 0, `kept ${transactionalId}`)])
      await writer.close()
    }
    const reader = await broker.openReader({ maxWaitMs: 50 })
    const records = await readRecords(reader, [start(0, topic)], 3)
    assert.deepEqual(
      texts(records),
      ids.toReversed().map(id => `kept ${id}`),
    )
    await reader.close()
  })

  test(`${name}: reading goes on from a position, past control records, without loss`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'position')
    const writer = await broker.openWriter({ transactionalId: `t.${topic}` })
    for (const value of ['a', 'b', 'c', 'd']) await writer.commit([record(topic, 2, value)])
    const reader = await broker.openReader({ maxWaitMs: 50 })
    const stream = reader.open([start(2, topic)])
    const taken: string[] = []
    let position = -1
    while (taken.length < 2) {
      const chunk = await stream.take(1, 1000)
      taken.push(...texts(chunk.records))
      position = chunk.positions[0]?.offset ?? -1
    }
    stream.close()
    const rest = await readRecords(reader, [{ topic, partition: 2, offset: position }], 2)
    assert.deepEqual(
      [taken, texts(rest)],
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    )
    await reader.close()
    await writer.close()
  })

  test(`${name}: a reader waits, is woken by a record and by wake()`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'wait')
    const appender = await broker.openAppender()
    const reader = await broker.openReader()
    const stream = reader.open([start(0, topic)])
    while ((await stream.take(10, 50)).positions[0]?.offset === -1) continue
    const waiting = stream.take(10, deadlineMs)
    await appender.append(record(topic, 0, 'now'))
    let chunk = await waiting
    while (chunk.records.length === 0) chunk = await stream.take(10, deadlineMs)
    assert.deepEqual(texts(chunk.records), ['now'])
    const woken = stream.take(10, deadlineMs)
    stream.wake()
    assert.deepEqual((await woken).records, [])
    await reader.close()
    await appender.close()
  })

  test(`${name}: appends are acknowledged one by one with their offsets`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'append')
    const appender = await broker.openAppender()
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        appender
          .append(record(topic, index % partitions, `v${index}`))
          .then(({ offset }) => ({ partition: index % partitions, offset, value: `v${index}` })),
      ),
    )
    const reader = await broker.openReader()
    const all = await readRecords(
      reader,
      [0, 1, 2].map(partition => start(partition, topic)),
      200,
    )
    const seen = new Map(
      all.map(entry => [`${entry.partition}/${entry.offset}`, texts([entry])[0]]),
    )
    for (const { partition, offset, value } of results) {
      assert.equal(seen.get(`${partition}/${offset}`), value)
    }
    assert.equal(all.length, 200)
    await appender.close()
    await reader.close()
  })

  test(`${name}: offsets of several topics may be asked for at once`, async () => {
    const { broker } = await open()
    const topics = await Promise.all(['a', 'b', 'c', 'd'].map(label => withTopic(broker, label)))
    const admin = await broker.openAdmin()
    // What a group has committed is looked up in the same metadata.
    const [answers] = await Promise.all([
      Promise.all(topics.map(topic => admin.offsets(topic))),
      ...topics.map(topic => admin.committedOffsets(`nobody.${topic}`, topics)),
    ])
    assert.deepEqual(
      answers.map(offsets => offsets.map(({ partition }) => partition)),
      topics.map(() => [0, 1, 2]),
    )
    await admin.close()
  })

  test(`${name}: a transaction larger than a record batch stays one transaction`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'large')
    const writer = await broker.openWriter({ transactionalId: `t.${topic}` })
    const big = Buffer.alloc(300_000, 7)
    const values = Array.from({ length: 8 }, () => ({ topic, partition: 1, key: 'k', value: big }))
    await writer.commit([...values, record(topic, 1, 'last')])
    const reader = await broker.openReader()
    const records = await readRecords(reader, [start(1, topic)], 9)
    assert.equal(records.length, 9)
    assert.equal(texts(records).at(-1), 'last')
    await reader.close()
    await writer.close()
  })

  test(`${name}: a position outside the log is an error, not a silent jump`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'range')
    const reader = await broker.openReader({ maxWaitMs: 50 })
    const stream = reader.open([{ topic, partition: 0, offset: 999 }])
    await assert.rejects(
      async () => {
        for (let turn = 0; turn < 40; turn++) await stream.take(1, 500)
      },
      (error: unknown) => error instanceof FleetError && error.code === 'OFFSET_OUT_OF_RANGE',
    )
    await reader.close()
  })

  test(`${name}: a group gives each partition to one member, the same of every topic`, async () => {
    const { broker } = await open()
    const topics = [await withTopic(broker, 'group-a'), await withTopic(broker, 'group-b')]
    const groupId = `g.${randomUUID()}`
    const owned = new Map<string, readonly number[]>()
    let revoked = 0
    const join = (name: string): ReturnType<Broker['joinGroup']> =>
      broker.joinGroup({
        groupId,
        topics,
        sessionTimeoutMs: 6000,
        onRevoked: () => {
          revoked++
          owned.delete(name)
          return Promise.resolve()
        },
        onAssigned: list => owned.set(name, list),
      })
    const first = await join('first')
    assert.deepEqual(owned.get('first'), [0, 1, 2])
    const second = await join('second')
    const until = performance.now() + deadlineMs
    const settled = (): boolean =>
      [...owned.values()].flat().length === partitions && owned.size === 2
    while (!settled() && performance.now() < until) {
      await new Promise(resolve => setImmediate(resolve))
    }
    assert.deepEqual(
      [...owned.values()].flat().toSorted((a, b) => a - b),
      [0, 1, 2],
    )
    assert.ok(revoked >= 1)
    await second.commitOffsets([{ topic: topics[0] ?? '', partition: 0, offset: 5 }])
    await second.leave()
    while ((owned.get('first')?.length ?? 0) < partitions && performance.now() < until) {
      await new Promise(resolve => setImmediate(resolve))
    }
    assert.deepEqual(owned.get('first'), [0, 1, 2])
    await first.leave()
  })

  test(`${name}: topics that differ in partition count are refused`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'count-a')
    const other = `conformance.count-b.${randomUUID()}`
    const admin = await broker.openAdmin()
    await admin.createTopics([{ name: other, partitions: 2, replicationFactor: 1, config: {} }])
    await assert.rejects(
      broker.joinGroup({
        groupId: `g.${randomUUID()}`,
        topics: [topic, other],
        onRevoked: () => Promise.resolve(),
        onAssigned: () => {},
      }),
      (error: unknown) => error instanceof FleetError && error.code === 'PARTITION_MISMATCH',
    )
    const described = await admin.describeTopics([topic, 'conformance.missing'])
    assert.equal(described[0]?.partitions, partitions)
    assert.equal(described[1], null)
    await admin.close()
  })
}
