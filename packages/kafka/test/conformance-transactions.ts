// Conformance: what a fence decides, who may write, and what one transaction may span.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  decided,
  everywhere,
  isLost,
  lastStable,
  partitions,
  readAll,
  record,
  texts,
  valuesSeen,
  withTopic,
} from './conformance-harness.ts'
import type { Harness } from './conformance-harness.ts'

export function transactionCases(name: string, open: () => Promise<Harness>): void {
  test(`${name}: the fence has decided the predecessor's transaction when it resolves`, async () => {
    const { broker, vanishMidTransaction } = await open()
    const topic = await withTopic(broker, 'decided')
    const transactionalId = `t.${topic}`
    await vanishMidTransaction(transactionalId, [record(topic, 0, 'x'), record(topic, 0, 'y')])
    assert.equal((await lastStable(broker, topic))[0], 0)
    const writer = await broker.openWriter({ transactionalId })
    // Two records and the marker that aborts them: a reader that starts now gets past all of it.
    assert.equal((await lastStable(broker, topic))[0], 3)
    assert.deepEqual(texts(await readAll(broker, topic)), [])
    const committed = await writer.commit([record(topic, 0, 'z')])
    assert.deepEqual(committed, [{ topic, partition: 0, baseOffset: 3 }])
    await writer.close()
  })

  test(`${name}: of writers that fence each other in turn, only the last one writes`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'turns')
    const transactionalId = `t.${topic}`
    let previous = await broker.openWriter({ transactionalId })
    const written: string[] = []
    for (let turn = 0; turn < 6; turn++) {
      const writer = await broker.openWriter({ transactionalId })
      await assert.rejects(previous.commit(everywhere(topic, `zombie ${turn}`)), isLost)
      await writer.commit(everywhere(topic, `turn ${turn}`))
      written.push(`turn ${turn}`)
      await previous.close()
      previous = writer
    }
    await previous.close()
    assert.deepEqual(await valuesSeen(broker, topic), Array(partitions).fill(written))
  })

  test(`${name}: a commit overtaken by a fence is seen everywhere or nowhere`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'race')
    const transactionalId = `t.${topic}`
    let writer = await broker.openWriter({ transactionalId })
    const outcomes: { value: string; resolved: boolean }[] = []
    for (let turn = 0; turn < 8; turn++) {
      const value = `turn ${turn}`
      const commit = writer.commit(everywhere(topic, value)).then(
        () => true,
        (error: unknown) => {
          assert.ok(isLost(error), String(error))
          return false
        },
      )
      // Later and later into the commit.
      for (let pause = 0; pause < turn; pause++) await new Promise(resolve => setImmediate(resolve))
      const successor = await broker.openWriter({ transactionalId })
      outcomes.push({ value, resolved: await commit })
      await writer.close()
      writer = successor
    }
    await writer.close()
    const [first, ...others] = await valuesSeen(broker, topic)
    for (const other of others) assert.deepEqual(other, first)
    for (const { value, resolved } of outcomes) {
      const count = first?.filter(seen => seen === value).length ?? 0
      assert.ok(resolved ? count === 1 : count <= 1, `${value}: seen ${count} times`)
    }
  })

  test(`${name}: an empty transaction leaves nothing behind`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'empty')
    const writer = await broker.openWriter({ transactionalId: `t.${topic}` })
    assert.deepEqual(await writer.commit([]), [])
    assert.deepEqual(await lastStable(broker, topic), [0, 0, 0])
    await writer.commit([record(topic, 0, 'a')])
    assert.deepEqual(await writer.commit([]), [])
    await decided(broker, topic)
    assert.deepEqual(await lastStable(broker, topic), [2, 0, 0])
    await writer.close()
  })

  test(`${name}: a closed writer commits nothing`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'closed')
    const writer = await broker.openWriter({ transactionalId: `t.${topic}` })
    await writer.close()
    await assert.rejects(writer.commit([record(topic, 0, 'late')]), isLost)
    assert.deepEqual(await lastStable(broker, topic), [0, 0, 0])
  })

  test(`${name}: one transaction spans many topics`, async () => {
    const { broker } = await open()
    const labels = ['a', 'b', 'c', 'd', 'e', 'f']
    const topics = await Promise.all(labels.map(label => withTopic(broker, `many-${label}`)))
    const writer = await broker.openWriter({ transactionalId: `t.${topics[0]}` })
    for (const turn of ['1', '2']) {
      const committed = await writer.commit(topics.flatMap(topic => everywhere(topic, turn)))
      assert.equal(committed.length, topics.length * partitions)
    }
    for (const topic of topics) {
      assert.deepEqual(await valuesSeen(broker, topic), Array(partitions).fill(['1', '2']))
    }
    await writer.close()
  })

  test(`${name}: partitions that need several requests keep their order and first offset`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'rounds')
    const writer = await broker.openWriter({ transactionalId: `t.${topic}` })
    const large = Buffer.alloc(250_000, 'x')
    // Seven of these a partition make three requests, interleaved with a small partition.
    const records = Array.from({ length: 7 }, (_, number) => [
      { topic, partition: 0, key: `${number}`, value: large },
      { topic, partition: 1, key: `${number}`, value: large },
      { topic, partition: 2, key: `${number}`, value: null },
    ]).flat()
    for (const baseOffset of [0, 8]) {
      const committed = await writer.commit(records)
      assert.deepEqual(
        committed.toSorted((a, b) => a.partition - b.partition),
        [0, 1, 2].map(partition => ({ topic, partition, baseOffset })),
      )
    }
    const all = await readAll(broker, topic)
    for (const number of [0, 1, 2]) {
      const keys = all.filter(({ partition }) => partition === number).map(({ key }) => String(key))
      assert.equal(keys.join(''), '01234560123456', `partition ${number}`)
    }
    await writer.close()
  })
}
