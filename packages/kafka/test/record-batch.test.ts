// Our decoder of record batches against kafkajs's encoder, and the batch format's corners.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'

import fc from 'fast-check'
import { FleetError } from '@fleet/runtime'
import { crc32c } from '../src/crc32c.ts'
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

/** Makes the checksum fit what a test has changed. */
function seal(batch: Buffer): Buffer {
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17)
  return batch
}

const isCorrupt = (error: unknown): boolean =>
  error instanceof FleetError &&
  error.code === 'CORRUPT_BATCH' &&
  /^t-4 .*offset /.test(error.message)

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
    seal(buffer)
    assert.throws(() => decodeBatches(buffer, 't', 0), new RegExp(name))
  }
  const old = Buffer.from(await encode([record]))
  old.writeInt8(1, 16)
  assert.throws(() => decodeBatches(old, 't', 0), /magic 1/)
})

test('one changed bit anywhere behind the offset is noticed', async () => {
  const record = { key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, timestampDelta: 0 }
  const buffer = await encode([record, record])
  for (let bit = 17 * 8; bit < buffer.length * 8; bit++) {
    const damaged = Buffer.from(buffer)
    damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    assert.throws(() => decodeBatches(damaged, 't', 4), isCorrupt, `bit ${bit}`)
  }
})

test('a batch that contradicts itself is refused, although its checksum is right', async () => {
  const record = { key: null, value: Buffer.from('v'), headers: {}, timestampDelta: 0 }
  const whole = Buffer.from(await encode([record]))
  const recordAt = 61
  const rows: [string, (batch: Buffer) => Buffer | void][] = [
    ['more records than it has', batch => void batch.writeInt32BE(2, 57)],
    ['fewer records than it has', batch => void batch.writeInt32BE(0, 57)],
    ['two thousand million records', batch => void batch.writeInt32BE(2 ** 31 - 1, 57)],
    ['less than no records', batch => void batch.writeInt32BE(-1, 57)],
    ['a record longer than the batch', batch => void batch.writeUInt8(120, recordAt)],
    ['a record of negative length', batch => void batch.writeUInt8(1, recordAt)],
    ['a value longer than its record', batch => void batch.writeUInt8(100, recordAt + 5)],
    ['more headers than bytes', batch => void batch.writeUInt8(100, batch.length - 1)],
    ['a negative number of headers', batch => void batch.writeUInt8(3, batch.length - 1)],
    ['bytes after the last record', batch => Buffer.concat([batch, Buffer.from([0])])],
    ['a control record without a type', batch => void batch.writeInt16BE(0x20, 21)],
    ['gzip that is none', batch => void batch.writeInt16BE(1, 21)],
  ]
  for (const [what, change] of rows) {
    const batch = Buffer.from(whole)
    const changed = change(batch) ?? batch
    assert.throws(() => decodeBatches(seal(changed), 't', 4), isCorrupt, what)
  }
  for (const length of [-12, -1, 0, 48]) {
    const batch = Buffer.concat([whole, whole])
    batch.writeInt32BE(length, 8)
    assert.throws(() => decodeBatches(batch, 't', 4), isCorrupt, `length ${length}`)
  }
})

test('random bytes behind a right checksum are decoded or refused, never looped over', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), fc.nat(30), (array, count) => {
      const batch = Buffer.concat([Buffer.alloc(61), array])
      batch.writeInt8(2, 16)
      batch.writeInt32BE(count, 57)
      try {
        decodeBatches(seal(batch), 't', 4)
      } catch (error) {
        assert.ok(isCorrupt(error), String(error))
      }
    }),
    { numRuns: 1000 },
  )
})

test('a gzipped batch may not grow without bound', async () => {
  const value = Buffer.alloc(65 * 1024 * 1024)
  const bomb = await encode([{ key: null, value, headers: {}, timestampDelta: 0 }], 1)
  assert.ok(bomb.length < 100_000)
  assert.throws(
    () => decodeBatches(bomb, 't', 4),
    (error: unknown) =>
      error instanceof FleetError &&
      error.code === 'UNSUPPORTED_BATCH' &&
      /67108864/.test(error.message),
  )
})

test('header names that nobody should use are names like others', async () => {
  const names = ['__proto__', 'constructor', 'toString', 'ä', '', 'n'.repeat(100)]
  const headers = Object.fromEntries(names.map(name => [name, Buffer.from(name)]))
  Object.defineProperty(headers, '__proto__', { value: Buffer.from('p'), enumerable: true })
  const bare = { key: null, value: null, headers: {}, timestampDelta: 0 }
  const [batch] = decodeBatches(await encode([{ ...bare, headers }, bare]), 't', 4)
  const [first, second] = batch?.records ?? []
  assert.deepEqual(Object.keys(first?.headers ?? {}), names)
  assert.equal(String(first?.headers['__proto__']), 'p')
  for (const name of names) assert.equal(second?.headers[name], undefined, name)
})
