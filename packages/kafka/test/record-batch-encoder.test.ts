// Our encoder writes, byte for byte, what kafkajs writes, and both decoders read the same back.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'

import fc from 'fast-check'
import { ByteWriter } from '../src/byte-writer.ts'
import { anonymous, encodeRecordBatch } from '../src/record-batch-encoder.ts'
import type { BatchOrigin } from '../src/record-batch-encoder.ts'
import { decodeBatches } from '../src/record-batch.ts'
import { recordBytes } from '../src/record.ts'
import type { OutRecord } from '../src/record.ts'

const require = createRequire(import.meta.url)
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch: (options: unknown) => Promise<{ buffer: Buffer }>
}
const Record = require('kafkajs/src/protocol/recordBatch/record/v0') as (
  options: unknown,
) => unknown
const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => unknown
const kafkajsDecode = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: unknown,
) => Promise<{
  producerId: string
  producerEpoch: number
  firstSequence: number
  inTransaction: boolean
  records: {
    key: Buffer | null
    value: Buffer | null
    headers: globalThis.Record<string, Buffer>
    offset: string
    timestamp: string
  }[]
}>

const nowMs = 1_790_000_000_123
const origin: BatchOrigin = { producerId: 2 ** 41 + 77, producerEpoch: 3, transactional: true }
/** Base offset, length and leader epoch: the one field in which the two differ, set by the broker. */
const fromMagic = 16

function encode(records: readonly OutRecord[], by = origin, firstSequence = 41): Buffer {
  const writer = new ByteWriter()
  encodeRecordBatch(writer, records, by, firstSequence, nowMs)
  return writer.bytes.subarray(0, writer.at)
}

async function kafkajsEncode(
  records: readonly OutRecord[],
  { producerId, producerEpoch, transactional } = origin,
  firstSequence = 41,
): Promise<Buffer> {
  const { buffer } = await RecordBatch({
    records: records.map(({ key, value, headers = {} }, offsetDelta) =>
      Record({ key, value, headers, offsetDelta, timestampDelta: 0 }),
    ),
    firstTimestamp: nowMs,
    maxTimestamp: nowMs,
    producerId,
    producerEpoch,
    firstSequence,
    transactional,
    lastOffsetDelta: records.length - 1,
  })
  return buffer
}

const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '',
    'ä',
    'tenant:reservation:R-1',
    'x'.repeat(31) + 'é',
    'y'.repeat(200),
    '\ud800',
  ),
)
// Around the lengths at which the varint of a record's or a value's length grows.
const size = fc.oneof(fc.nat(120), fc.integer({ min: 8100, max: 8300 }))
const bytes = fc.tuple(size, fc.nat(255)).map(([length, fill]) => Buffer.alloc(length, fill))
const record: fc.Arbitrary<OutRecord> = fc.record(
  {
    topic: fc.constant('t'),
    partition: fc.constant(0),
    key: fc.oneof(fc.constant(null), text, bytes),
    value: fc.option(bytes),
    headers: fc.dictionary(fc.string({ maxLength: 20 }), fc.oneof(text, bytes), { maxKeys: 4 }),
  },
  { requiredKeys: ['topic', 'partition', 'key', 'value'] },
)
const asBytes = (part: Buffer | string | null): Buffer | null =>
  part === null ? null : Buffer.from(part as string)

test('a batch is the same bytes that kafkajs writes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 12 }), async records => {
      const ours = encode(records)
      const theirs = await kafkajsEncode(records)
      assert.equal(ours.length, theirs.length)
      assert.ok(ours.subarray(fromMagic).equals(theirs.subarray(fromMagic)))
      assert.ok(ours.subarray(0, 12).equals(theirs.subarray(0, 12)))
    }),
    { numRuns: 300 },
  )
})

test('our decoder and kafkajs’s read back the records that were given', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 12 }), async records => {
      const buffer = encode(records)
      const given = records.map(({ key, value, headers = {} }, index) => ({
        key: asBytes(key),
        value,
        // A sender's ill-formed text becomes what UTF-8 can say, names included.
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, part]) => [
            Buffer.from(name).toString(),
            asBytes(part),
          ]),
        ),
        offset: index,
      }))
      const [batch] = decodeBatches(buffer, 't', 0)
      assert.ok(batch !== undefined)
      assert.deepEqual(
        batch.records.map(({ key, value, headers, offset }) => ({
          key,
          value,
          headers: { ...headers },
          offset,
        })),
        given,
      )
      assert.ok(batch.records.every(({ timestampMs }) => timestampMs === nowMs))
      assert.deepEqual([batch.producerId, batch.transactional], [origin.producerId, true])
      const theirs = await kafkajsDecode(new Decoder(buffer))
      assert.equal(theirs.producerId, String(origin.producerId))
      assert.deepEqual(
        [theirs.producerEpoch, theirs.firstSequence, theirs.inTransaction],
        [3, 41, true],
      )
      assert.deepEqual(
        theirs.records.map(({ key, value, offset }) => ({ key, value, offset: Number(offset) })),
        given.map(({ key, value, offset }) => ({ key, value, offset })),
      )
    }),
    { numRuns: 200 },
  )
})

test('sequences, offsets in a batch and lengths may take every size of a varint', async () => {
  const small = { topic: 't', partition: 0, key: 'k', value: null }
  const many = Array.from({ length: 9000 }, () => small)
  const large = [{ ...small, value: Buffer.alloc(1_100_000, 1) }, small]
  for (const [records, sequence] of [
    [many, 0],
    [large, 2 ** 31 - 1],
  ] as const) {
    const ours = encode(records, origin, sequence)
    const theirs = await kafkajsEncode(records, origin, sequence)
    assert.ok(ours.subarray(fromMagic).equals(theirs.subarray(fromMagic)))
    assert.equal(decodeBatches(ours, 't', 0)[0]?.records.length, records.length)
  }
})

test('a batch without a producer says so in every field', () => {
  const buffer = encode([{ topic: 't', partition: 0, key: null, value: null }], anonymous, -1)
  assert.equal(buffer.readBigInt64BE(43), -1n)
  assert.equal(buffer.readInt16BE(51), -1)
  assert.equal(buffer.readInt32BE(53), -1)
  assert.equal(decodeBatches(buffer, 't', 0)[0]?.transactional, false)
})

test('a record takes no more room in its batch than its size says', () => {
  fc.assert(
    fc.property(record, given => {
      // Header names are ours, and plain; their characters are counted, not their bytes.
      const names = Object.keys(given.headers ?? {})
      fc.pre(names.every(name => Buffer.byteLength(name) === name.length))
      assert.ok(encode([given]).length - 61 <= recordBytes(given))
    }),
  )
})

test('trace context is the last of the headers, and counted as one', () => {
  const given = { topic: 't', partition: 0, key: 'k', value: Buffer.from('v') }
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), fc.string(), (headers, traceparent) => {
      fc.pre(!Object.hasOwn(headers, 'traceparent') && !Object.hasOwn(headers, '__proto__'))
      const beside = { ...given, headers, traceparent }
      const among = { ...given, headers: { ...headers, traceparent } }
      assert.ok(encode([beside]).equals(encode([among])))
      assert.equal(recordBytes(beside), recordBytes(among))
    }),
  )
})

test('one writer is used for batch after batch', () => {
  const writer = new ByteWriter()
  const first = { topic: 't', partition: 0, key: 'first', value: Buffer.alloc(10_000, 1) }
  encodeRecordBatch(writer, [first], origin, 0, nowMs)
  writer.at = 0
  const second = { ...first, key: 'second', value: Buffer.from('2') }
  encodeRecordBatch(writer, [second], origin, 1, nowMs)
  const [batch, ...others] = decodeBatches(writer.bytes.subarray(0, writer.at), 't', 0)
  assert.equal(others.length, 0)
  assert.deepEqual(
    batch?.records.map(({ key }) => String(key)),
    ['second'],
  )
})
