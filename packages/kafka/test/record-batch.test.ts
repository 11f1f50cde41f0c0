// Our decoder of record batches against kafkajs's encoder, and the batch format's corners.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'

import fc from 'fast-check'
import { decodeBatches } from '../src/record-batch.ts'

const require = createRequire(import.meta.url)
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch: (options: unknown) => Promise<{ buffer: Buffer }>
}
const Record = require('kafkajs/src/protocol/recordBatch/record/v0') as (
  options: unknown,
) => unknown

interface Given {
  key: Buffer | null
  value: Buffer | null
  headers: globalThis.Record<string, Buffer>
  timestampDelta: number
}

async function encode(records: readonly Given[], compression = 0): Promise<Buffer> {
  const batch = await RecordBatch({
    compression,
    records: records.map((record, offsetDelta) => Record({ ...record, offsetDelta })),
    firstTimestamp: 1_700_000_000_000,
    maxTimestamp: 1_700_000_009_000,
    producerId: 77,
    producerEpoch: 3,
    firstSequence: 0,
    firstOffset: 1000,
    transactional: true,
    lastOffsetDelta: records.length - 1,
  })
  return batch.buffer
}

const bytes = fc.uint8Array({ maxLength: 300 }).map(array => Buffer.from(array))
const given = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.dictionary(fc.stringMatching(/^[a-z_]{1,20}$/), bytes, { maxKeys: 4 }),
  timestampDelta: fc.integer({ min: 0, max: 100 * 86_400_000 }),
})

test('what kafkajs encodes, plain or gzipped, is decoded to the same records', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(given, { minLength: 1, maxLength: 20 }),
      fc.constantFrom(0, 1),
      async (records, compression) => {
        const buffer = await encode(records, compression)
        const [batch, ...others] = decodeBatches(buffer, 't', 4)
        assert.equal(others.length, 0)
        assert.equal(batch?.producerId, 77)
        assert.equal(batch.transactional, true)
        assert.equal(batch.lastOffset - batch.baseOffset, records.length - 1)
        assert.deepEqual(
          batch.records.map(({ key, value, headers, timestampMs, offset }) => ({
            key: key && Buffer.from(key),
            value: value && Buffer.from(value),
            headers: { ...headers },
            timestampDelta: timestampMs - 1_700_000_000_000,
            offset,
          })),
          records.map((record, index) => ({
            ...record,
            headers: { ...record.headers },
            offset: batch.baseOffset + index,
          })),
        )
      },
    ),
    { numRuns: 200 },
  )
})

test('a batch cut off at the end of a fetch is left for the next one', async () => {
  const record = { key: null, value: Buffer.from('v'), headers: {}, timestampDelta: 0 }
  const buffer = await encode([record])
  const two = Buffer.concat([buffer, buffer])
  assert.equal(decodeBatches(two, 't', 0).length, 2)
  for (const cut of [1, 30, buffer.length - 1]) {
    assert.equal(decodeBatches(two.subarray(0, two.length - cut), 't', 0).length, 1)
  }
})

test('a compression or format without a codec is a fatal error that names it', async () => {
  const record = { key: null, value: Buffer.from('v'), headers: {}, timestampDelta: 0 }
  for (const [type, name] of [
    [2, 'snappy'],
    [3, 'lz4'],
    [4, 'zstd'],
  ] as const) {
    const buffer = Buffer.from(await encode([record]))
    buffer.writeInt16BE(type, 21)
    assert.throws(() => decodeBatches(buffer, 't', 0), new RegExp(name))
  }
  const old = Buffer.from(await encode([record]))
  old.writeInt8(1, 16)
  assert.throws(() => decodeBatches(old, 't', 0), /magic 1/)
})
