// Decodes record batches (magic 2) as a fetch returns them. Ours and not kafkajs's, because progress
// needs what kafkajs throws away: the last offset of a batch whose records are all gone (compaction,
// pitfall P11) and whether a record is control data rather than a key that looks like it (P2). It
// checks what kafkajs believes: the checksum, and that the records fill their batch exactly.
//
//   RecordBatch => baseOffset:int64 batchLength:int32 partitionLeaderEpoch:int32 magic:int8 crc:uint32
//     attributes:int16 lastOffsetDelta:int32 baseTimestamp:int64 maxTimestamp:int64 producerId:int64
//     producerEpoch:int16 baseSequence:int32 [Record]
//   Record => length:varint attributes:int8 timestampDelta:varlong offsetDelta:varint
//     key:varint-bytes value:varint-bytes [headerKey:varint-string headerValue:varint-bytes]

import { gunzipSync } from 'node:zlib'
import { FleetError, messageOf } from '@fleet/runtime'

import { crc32c } from './crc32c.ts'
import { FetchedRecord } from './fetched-record.ts'
import type { Parts } from './fetched-record.ts'
import { RecordCursor } from './record-cursor.ts'
import type { InRecord } from './record.ts'

export interface RecordBatch {
  baseOffset: number
  lastOffset: number
  producerId: number
  transactional: boolean
  control: boolean
  /** For a control batch: true when it ends a transaction by an abort. */
  abortMarker: boolean
  records: InRecord[]
}

const batchHeaderBytes = 61
/** Offset and length, which the length does not count. */
const lengthEnd = 12
const crcFrom = 21
const compressionMask = 0x07
const logAppendTimeMask = 0x08
const transactionalMask = 0x10
const controlMask = 0x20
const compressionNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
/** Most bytes a gzipped batch may become: a batch of 1 MiB could claim a gigabyte. */
const expandedBytesMax = 64 * 1024 * 1024

/** Where a batch is from, for its records and for what is said when it is damaged. */
interface Origin {
  topic: string
  partition: number
  baseOffset: number
  baseTimestamp: number
  /** The broker's time, where the topic has that; it is then every record's. */
  appendedMs: number | null
}

/**
 * The whole batches in `bytes`; a cut-off last batch is left for the next fetch.
 * @throws FleetError UNSUPPORTED_BATCH (fatal): an old format, a compression we have no codec for, or
 *   more than 64 MiB in one batch. CORRUPT_BATCH (fatal): the checksum is wrong or the content
 *   contradicts itself; whoever fetched it may fetch again before believing that.
 */
export function decodeBatches(bytes: Buffer, topic: string, partition: number): RecordBatch[] {
  const batches: RecordBatch[] = []
  let at = 0
  while (at + batchHeaderBytes <= bytes.length) {
    const end = at + lengthEnd + bytes.readInt32BE(at + 8)
    // The checksum does not cover the length.
    if (end < at + batchHeaderBytes) {
      throw corrupt(
        { topic, partition, baseOffset: readLong(bytes, at) },
        'its length is impossible',
      )
    }
    if (end > bytes.length) break
    batches.push(decodeBatch(bytes, at, end, topic, partition))
    at = end
  }
  return batches
}

function corrupt(
  { topic, partition, baseOffset }: Pick<Origin, 'topic' | 'partition' | 'baseOffset'>,
  why: string,
): FleetError {
  const message = `${topic}-${partition} has a damaged batch at offset ${baseOffset}: ${why}`
  return new FleetError('CORRUPT_BATCH', 'fatal', message)
}

function decodeBatch(
  bytes: Buffer,
  at: number,
  end: number,
  topic: string,
  partition: number,
): RecordBatch {
  const baseOffset = readLong(bytes, at)
  const magic = bytes.readInt8(at + 16)
  const attributes = bytes.readInt16BE(at + 21)
  const appendedMs = (attributes & logAppendTimeMask) === 0 ? null : readLong(bytes, at + 35)
  const baseTimestamp = readLong(bytes, at + 27)
  const origin: Origin = { topic, partition, baseOffset, baseTimestamp, appendedMs }
  if (magic !== 2) throw unsupported(origin, `magic ${magic}`)
  if (crc32c(bytes, at + crcFrom, end) !== bytes.readUInt32BE(at + 17)) {
    throw corrupt(origin, 'its checksum does not match')
  }
  const control = (attributes & controlMask) !== 0
  const batch: RecordBatch = {
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(at + 23),
    producerId: readLong(bytes, at + 43),
    transactional: (attributes & transactionalMask) !== 0,
    control,
    abortMarker: false,
    records: [],
  }
  const compression = attributes & compressionMask
  const packed = compression === 0 ? null : bytes.subarray(at + batchHeaderBytes, end)
  const body = packed === null ? bytes : expanded(packed, compression, origin)
  const records = decodeRecords(
    body,
    packed === null ? at + batchHeaderBytes : 0,
    packed === null ? end : body.length,
    bytes.readInt32BE(at + 57),
    origin,
  )
  if (!control) batch.records = records
  else for (const { key } of records) batch.abortMarker = isAbort(key, origin)
  return batch
}

/** Key of a control record: version, then what it marks. */
function isAbort(key: Buffer | null, origin: Origin): boolean {
  if (key === null || key.length < 4) throw corrupt(origin, 'a control record without a type')
  return key.readInt16BE(2) === 0
}

function unsupported({ topic, partition, baseOffset }: Origin, what: string): FleetError {
  return new FleetError(
    'UNSUPPORTED_BATCH',
    'fatal',
    `${topic}-${partition} has a batch with ${what} at offset ${baseOffset}; write it with gzip or none`,
  )
}

function expanded(packed: Buffer, compression: number, origin: Origin): Buffer {
  if (compression !== 1) throw unsupported(origin, `${compressionNames[compression]} compression`)
  try {
    return gunzipSync(packed, { maxOutputLength: expandedBytesMax })
  } catch (error) {
    if (error instanceof RangeError)
      throw unsupported(origin, `more than ${expandedBytesMax} bytes`)
    throw corrupt(origin, `gzip says ${messageOf(error)}`)
  }
}

function decodeRecords(
  bytes: Buffer,
  start: number,
  end: number,
  count: number,
  origin: Origin,
): InRecord[] {
  if (count < 0 || count > end - start) throw corrupt(origin, `it claims ${count} records`)
  const cursor = new RecordCursor(bytes, start)
  const records: InRecord[] = []
  for (let index = 0; index < count; index++) {
    const recordEnd = cursor.varint() + cursor.at
    if (recordEnd > end) throw corrupt(origin, 'a record is longer than its batch')
    records.push(decodeRecord(bytes, cursor, recordEnd, origin))
    if (cursor.at !== recordEnd) throw corrupt(origin, 'a record does not fill its length')
  }
  if (cursor.at !== end) throw corrupt(origin, 'bytes follow its last record')
  return records
}

/** Walks over all of it, so that nothing damaged is found later; what it is made of is read when asked. */
function decodeRecord(
  bytes: Buffer,
  cursor: RecordCursor,
  end: number,
  origin: Origin,
): FetchedRecord {
  const { baseOffset, baseTimestamp, appendedMs } = origin
  cursor.at++ // attributes: none are defined
  const timestampDelta = cursor.varlong()
  const offset = baseOffset + cursor.varint()
  parts.keyLength = cursor.skip()
  parts.keyAt = cursor.at - Math.max(0, parts.keyLength)
  parts.valueLength = cursor.skip()
  parts.valueAt = cursor.at - Math.max(0, parts.valueLength)
  parts.headerCount = cursor.varint()
  parts.headersAt = cursor.at
  if (parts.headerCount < 0 || parts.headerCount > end - cursor.at) {
    throw corrupt(origin, `a record claims ${parts.headerCount} headers`)
  }
  for (let index = 0; index < parts.headerCount; index++) {
    cursor.skip()
    cursor.skip()
  }
  return new FetchedRecord(
    origin,
    offset,
    appendedMs ?? baseTimestamp + timestampDelta,
    bytes,
    parts,
  )
}

/** Of the record that is being read. */
const parts: Parts = {
  keyAt: 0,
  keyLength: 0,
  valueAt: 0,
  valueLength: 0,
  headersAt: 0,
  headerCount: 0,
}

/** A 64-bit integer as a number: offsets, producer ids and times stay below 2^53. */
export function readLong(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4)
}
