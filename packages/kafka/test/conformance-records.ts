// Conformance: what a record may be made of, in a transaction and outside.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Broker, OutRecord } from '../src/index.ts'
import { hasCode, readAll, record, withTopic } from './conformance-harness.ts'
import type { Harness } from './conformance-harness.ts'

const empty = Buffer.alloc(0)
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

const shapes: { what: string; of: Omit<OutRecord, 'topic' | 'partition'> }[] = [
  { what: 'null key, null value', of: { key: null, value: null } },
  { what: 'empty key, empty value', of: { key: empty, value: empty } },
  { what: 'empty text key', of: { key: '', value: Buffer.from('v') } },
  { what: 'null key', of: { key: null, value: Buffer.from('v') } },
  { what: 'null value', of: { key: 'k', value: null } },
  { what: 'a key like a control record’s', of: { key: Buffer.alloc(4), value: Buffer.alloc(6) } },
  { what: 'every byte', of: { key: everyByte, value: everyByte } },
  { what: 'text beyond ASCII', of: { key: 'Straße 東京 🚗', value: Buffer.from('é') } },
  {
    what: 'headers',
    of: {
      key: 'k',
      value: empty,
      headers: { empty: '', bytes: everyByte, none: empty, 'ключ-🔑': 'wärt', '': 'no name' },
    },
  },
  {
    what: 'trace context beside headers',
    of: { key: 'k', value: empty, headers: { a: 'b' }, traceparent: `00-${'ab'.repeat(24)}-01` },
  },
  { what: 'trace context alone', of: { key: null, value: empty, traceparent: 'é' } },
  { what: 'a long key', of: { key: 'k'.repeat(40_000), value: empty } },
]

async function writeBothWays(broker: Broker, records: readonly OutRecord[]): Promise<void> {
  const [writer, appender] = await Promise.all([
    broker.openWriter({ transactionalId: `t.${records[0]?.topic}` }),
    broker.openAppender(),
  ])
  await writer.commit(records.map(one => ({ ...one, partition: 0 })))
  for (const one of records) await appender.append({ ...one, partition: 1 })
  await Promise.all([writer.close(), appender.close()])
}

export function recordCases(name: string, open: () => Promise<Harness>): void {
  test(`${name}: null, empty and odd bytes come back as they were written`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'shapes')
    const bytes = (value: Buffer | string | null): Buffer | null =>
      value === null ? null : Buffer.from(value)
    await writeBothWays(
      broker,
      shapes.map(({ of }) => ({ topic, partition: 0, ...of })),
    )
    const all = await readAll(broker, topic)
    for (const way of [0, 1]) {
      const read = all.filter(({ partition }) => partition === way)
      assert.equal(read.length, shapes.length)
      for (const [index, { what, of }] of shapes.entries()) {
        const { traceparent } = of
        const written = traceparent === undefined ? of.headers : { ...of.headers, traceparent }
        const headers = Object.entries(written ?? {}).map(([key, value]) => [key, bytes(value)])
        const { key, value, headers: seen } = read[index] ?? assert.fail(what)
        assert.deepEqual(
          { key, value, headers: { ...seen } },
          { key: bytes(of.key), value: of.value, headers: Object.fromEntries(headers) },
          `${what}, ${way === 0 ? 'in a transaction' : 'appended'}`,
        )
      }
    }
  })

  test(`${name}: log-append times never go back`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'times')
    const before = Date.now()
    const records = Array.from({ length: 20 }, (_, number) => record(topic, 0, `${number}`))
    await writeBothWays(broker, records)
    const all = await readAll(broker, topic)
    for (const way of [0, 1]) {
      const times = all.filter(({ partition }) => partition === way).map(one => one.timestampMs)
      assert.equal(times.length, 20)
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      )
      assert.ok((times[0] ?? 0) >= before - 1000 && (times[19] ?? 0) < before + 60_000)
    }
  })

  test(`${name}: a closed appender has written what it was given and takes no more`, async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 'closing')
    const appender = await broker.openAppender()
    const appended = Promise.all(
      [0, 1, 2, 3].map(number => appender.append(record(topic, 0, `${number}`))),
    )
    await appender.close()
    assert.deepEqual(
      (await appended).map(({ offset }) => offset),
      [0, 1, 2, 3],
    )
    await assert.rejects(appender.append(record(topic, 0, 'late')), hasCode('CLOSED'))
  })
}
