// Conformance: where a reader stands, what it never sees, and when a position is lost.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Reader, RecordStream } from '../src/index.ts'
import {
  deadlineMs,
  endOnceDecided,
  hasCode,
  readAll,
  readRecords,
  record,
  start,
  texts,
  withTopic,
} from './conformance-harness.ts'
import type { Harness } from './conformance-harness.ts'

/** Takes until the stream stands at the offset; what came on the way. */
async function takeUpTo(stream: RecordStream, offset: number): Promise<string[]> {
  const values: string[] = []
  const until = performance.now() + deadlineMs
  while (performance.now() < until) {
    const { records, positions } = await stream.take(10, 200)
    values.push(...texts(records))
    if ((positions[0]?.offset ?? -1) >= offset) return values
  }
  return assert.fail(`the stream does not get to offset ${offset}`)
}

async function refusal(reader: Reader, topic: string, offset: number): Promise<void> {
  const stream = reader.open([{ topic, partition: 0, offset }])
  await assert.rejects(async () => {
    for (let turn = 0; turn < 40; turn++) await stream.take(1, 500)
  }, hasCode('OFFSET_OUT_OF_RANGE'))
  stream.close()
}

export function readerCases(name: string, open: () => Promise<Harness>): void {
  test(`${name}: where a partition ends is told when nothing is open in it`, async () => {
    const { broker, vanishMidTransaction } = await open()
    const topic = await withTopic(broker, 'ends')
    const reader = await broker.openReader({ maxWaitMs: 50 })
    assert.equal(await reader.committedEnd({ topic, partition: 0 }), 0)
    const writer = await broker.openWriter({ transactionalId: `w.${topic}` })
    await writer.commit([record(topic, 0, 'a'), record(topic, 0, 'b')])
    // Two records and the marker.
    assert.equal(await endOnceDecided(reader, { topic, partition: 0 }), 3)
    const transactionalId = `t.${topic}`
    await vanishMidTransaction(transactionalId, [record(topic, 0, 'open')])
    await assert.rejects(reader.committedEnd({ topic, partition: 0 }), hasCode('END_UNKNOWN'))
    const successor = await broker.openWriter({ transactionalId })
    assert.equal(await endOnceDecided(reader, { topic, partition: 0 }), 5)
    await reader.close()
    await Promise.all([writer.close(), successor.close()])
  })

  test(`${name}: a reader stands still at an open transaction and goes on when it is decided`, async () => {
    const { broker, vanishMidTransaction } = await open()
    const topic = await withTopic(broker, 'stands')
    const transactionalId = `t.${topic}`
    const other = await broker.openWriter({ transactionalId: `other.${topic}` })
    await other.commit([record(topic, 0, 'before')])
    await vanishMidTransaction(transactionalId, [record(topic, 0, 'open')])
    const appender = await broker.openAppender()
    await appender.append(record(topic, 0, 'behind'))
    const reader = await broker.openReader({ maxWaitMs: 50 })
    const stream = reader.open([start(0, topic)])
    // One record and its marker; offset 2 is the open transaction's.
    assert.deepEqual(await takeUpTo(stream, 2), ['before'])
    const held = await stream.take(10, 150)
    assert.deepEqual([held.records, held.positions[0]?.offset], [[], 2])
    assert.equal(stream.lag()[0]?.lag, 0)
    const successor = await broker.openWriter({ transactionalId })
    assert.deepEqual(await takeUpTo(stream, 5), ['behind'])
    await reader.close()
    await Promise.all([other.close(), successor.close(), appender.close()])
  })

  test(`${name}: what was fetched and not yet taken can be looked at, and is still there to be taken`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'ahead')
    const appender = await broker.openAppender()
    for (const value of ['a', 'b', 'c']) await appender.append(record(topic, 0, value))
    const reader = await broker.openReader({ maxWaitMs: 50 })
    const stream = reader.open([start(0, topic)])
    const until = performance.now() + deadlineMs
    while (stream.ahead().length < 3) {
      assert.ok(performance.now() < until)
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    assert.deepEqual(texts((await stream.take(1, 0)).records), ['a'])
    assert.deepEqual(texts(stream.ahead()), ['b', 'c'])
    assert.deepEqual(texts((await stream.take(10, 0)).records), ['b', 'c'])
    assert.deepEqual(stream.ahead(), [])
    await reader.close()
    await appender.close()
  })

  test(`${name}: markers and aborted records take offsets, and positions move past them`, async () => {
    const { broker, vanishMidTransaction } = await open()
    const topic = await withTopic(broker, 'gaps')
    const transactionalId = `t.${topic}`
    const reader = await broker.openReader({ maxWaitMs: 50 })
    const stream = reader.open([start(0, topic)])
    for (const [index, value] of ['a', 'b', 'c'].entries()) {
      const writer = await broker.openWriter({ transactionalId })
      const [committed] = await writer.commit([record(topic, 0, value)])
      await writer.close()
      assert.equal(committed?.baseOffset, 4 * index)
      // Its marker, then a record nobody will see; the next fence adds a marker for that.
      await vanishMidTransaction(transactionalId, [record(topic, 0, `lost ${value}`)])
    }
    await (await broker.openWriter({ transactionalId })).close()
    assert.deepEqual(await takeUpTo(stream, 12), ['a', 'b', 'c'])
    await reader.close()
  })

  test(`${name}: aborted records stay unseen from whatever offset one reads`, async () => {
    const { broker, vanishMidTransaction } = await open()
    const topic = await withTopic(broker, 'middle')
    const ids = [`one.${topic}`, `two.${topic}`]
    // Two aborted transactions that overlap: one 0-2, two 3-5, then a marker each.
    for (const transactionalId of ids) {
      const lost = ['x', 'y', 'z'].map(value => record(topic, 0, `${value} ${transactionalId}`))
      await vanishMidTransaction(transactionalId, lost)
    }
    for (const transactionalId of ids) {
      const writer = await broker.openWriter({ transactionalId })
      await writer.commit([record(topic, 0, `kept ${transactionalId}`)])
      await writer.close()
    }
    const kept = ids.map(id => `kept ${id}`)
    for (let offset = 0; offset < 12; offset++) {
      const seen = texts(await readAll(broker, topic, { topic, partition: 0, offset }))
      // Offsets: 6 marker, 7 kept, 8 marker, 9 marker, 10 kept, 11 marker.
      assert.deepEqual(seen, kept.slice(offset <= 7 ? 0 : offset <= 10 ? 1 : 2), `from ${offset}`)
    }
  })

  test(`${name}: a wake before take() is not forgotten, and counts once`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'woken')
    const reader = await broker.openReader({ maxWaitMs: 50 })
    const stream = reader.open([start(0, topic)])
    await takeUpTo(stream, 0)
    stream.wake()
    stream.wake()
    const started = performance.now()
    assert.deepEqual((await stream.take(1, deadlineMs)).records, [])
    assert.ok(performance.now() - started < deadlineMs / 2)
    const again = performance.now()
    await stream.take(1, 100)
    assert.ok(performance.now() - again > 80, 'woken twice by one wake')
    await reader.close()
  })

  test(`${name}: a position is lost before the start and after the end of the log, not at them`, async () => {
    const { broker, deleteBefore } = await open()
    const topic = await withTopic(broker, 'edges')
    const appender = await broker.openAppender()
    for (const value of ['0', '1', '2', '3', '4']) await appender.append(record(topic, 0, value))
    await deleteBefore(topic, 0, 3)
    const reader = await broker.openReader({ maxWaitMs: 50 })
    const from = (offset: number): Promise<string[]> =>
      readRecords(reader, [{ topic, partition: 0, offset }], 2).then(texts)
    assert.deepEqual(await from(-1), ['3', '4'])
    assert.deepEqual(await from(3), ['3', '4'])
    await refusal(reader, topic, 2)
    await refusal(reader, topic, 6)
    const atEnd = reader.open([{ topic, partition: 0, offset: 5 }])
    await appender.append(record(topic, 0, '5'))
    assert.deepEqual(await takeUpTo(atEnd, 6), ['5'])
    await Promise.all([reader.close(), appender.close()])
  })

  test(`${name}: one stream of many partitions gives each one's records in order`, async () => {
    const { broker } = await open()
    const topics = await Promise.all(['a', 'b'].map(label => withTopic(broker, `fan-${label}`)))
    const appender = await broker.openAppender()
    const places = topics.flatMap(topic => [0, 1, 2].map(partition => ({ topic, partition })))
    const numbers = Array.from({ length: 40 }, (_, number) => `${number}`)
    await Promise.all(
      places.flatMap(({ topic, partition }) =>
        numbers.map(number => appender.append(record(topic, partition, number))),
      ),
    )
    const reader = await broker.openReader({ maxWaitMs: 50 })
    const all = await readRecords(
      reader,
      places.map(({ topic, partition }) => start(partition, topic)),
      places.length * numbers.length,
    )
    for (const { topic, partition } of places) {
      const mine = all.filter(one => one.topic === topic && one.partition === partition)
      assert.deepEqual(texts(mine), numbers)
    }
    await Promise.all([reader.close(), appender.close()])
  })
}
