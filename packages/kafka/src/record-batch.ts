// Decodes record batches (magic 2) as a fetch returns them. Ours and not kafkajs's, because progress
// needs what kafkajs throws away: the last offset of a batch whose records are all gone (compaction,
// pitfall P11) and whether a record is control data rather than a key that looks like it (P2).
//
//   RecordBatch => baseOffset:int64 batchLength:int32 partitionLeaderEpoch:int32 magic:int8 crc:uint32
//     attributes:int16 lastOffsetDelta:int32 baseTimestamp:int64 maxTimestamp:int64 producerId:int64
//     producerEpoch:int16 baseSequence:int32 [Record]
//   Record => length:varint attributes:int8 timestampDelta:varlong offsetDelta:varint
//     key:varint-bytes value:varint-bytes [headerKey:varint-string headerValue:varint-bytes]

import { gunzipSync } from 'node:zlib'
import { FleetError } from '@fleet/runtime'

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
const compressionMask = 0x07
const logAppendTimeMask = 0x08
const transactionalMask = 0x10
const controlMask = 0x20
const compressionNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const noHeaders: Record<string, Buffer> = Object.freeze({})

/**
 * The whole batches in `bytes`; a cut-off last batch is left for the next fetch.
 * @throws FleetError UNSUPPORTED_BATCH (fatal): an old format or a compression we have no codec for.
 */
export function decodeBatches(bytes: Buffer, topic: string, partition: number): RecordBatch[] {
  const batches: RecordBatch[] = []
  let at = 0
  while (at + batchHeaderBytes <= bytes.length) {
    const end = at + 12 + bytes.readInt32BE(at + 8)
    if (end > bytes.length) break
    batches.push(decodeBatch(bytes, at, end, topic, partition))
    at = end
  }
  return batches
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
  const compression = attributes & compressionMask
  if (magic !== 2 || compression > 1) {
    const what = magic === 2 ? `${compressionNames[compression]} compression` : `magic ${magic}`
    throw new FleetError(
      'UNSUPPORTED_BATCH',
      'fatal',
      `${topic}-${partition} has a batch with ${what} at offset ${baseOffset}; write it with gzip or none`,
    )
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
  const count = bytes.readInt32BE(at + 57)
  const body = bytes.subarray(at + batchHeaderBytes, end)
  const cursor = new Cursor(compression === 1 ? gunzipSync(body) : body)
  const baseTimestamp = readLong(bytes, at + 27)
  const appended = (attributes & logAppendTimeMask) !== 0 ? readLong(bytes, at + 35) : null
  for (let index = 0; index < count; index++) {
    const record = decodeRecord(cursor, topic, partition, baseOffset, baseTimestamp, appended)
    if (control) batch.abortMarker = record.key !== null && record.key.readInt16BE(2) === 0
    else batch.records.push(record)
  }
  return batch
}

function decodeRecord(
  cursor: Cursor,
  topic: string,
  partition: number,
  baseOffset: number,
  baseTimestamp: number,
  appendedMs: number | null,
): InRecord {
  const length = cursor.varint()
  const end = cursor.at + length
  cursor.at += 1
  const timestampDelta = cursor.varlong()
  const offset = baseOffset + cursor.varint()
  const key = cursor.bytes()
  const value = cursor.bytes()
  const headerCount = cursor.varint()
  let headers = noHeaders
  if (headerCount > 0) {
    headers = Object.create(null) as Record<string, Buffer>
    for (let index = 0; index < headerCount; index++) {
      const name = cursor.bytes()?.toString('utf8') ?? ''
      headers[name] = cursor.bytes() ?? Buffer.alloc(0)
    }
  }
  cursor.at = end
  const timestampMs = appendedMs ?? baseTimestamp + timestampDelta
  return { topic, partition, offset, timestampMs, key, value, headers }
}

/** A 64-bit integer as a number: offsets, producer ids and times stay below 2^53. */
export function readLong(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4)
}

class Cursor {
  at = 0
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Zigzag, up to 32 bits. */
  varint(): number {
    let value = 0
    let shift = 0
    let byte: number
    do {
      byte = this.#bytes[this.at++] ?? 0
      value |= (byte & 0x7f) << shift
      shift += 7
    } while (byte > 0x7f && shift < 35)
    return (value >>> 1) ^ -(value & 1)
  }

  /** Zigzag, up to 53 bits: a timestamp delta can pass 32 bits (24 days). */
  varlong(): number {
    let value = 0
    let factor = 1
    let byte: number
    do {
      byte = this.#bytes[this.at++] ?? 0
      value += (byte & 0x7f) * factor
      factor *= 128
    } while (byte > 0x7f && factor <= 2 ** 63)
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  bytes(): Buffer | null {
    const length = this.varint()
    if (length < 0) return null
    const slice = this.#bytes.subarray(this.at, this.at + length)
    this.at += length
    return slice
  }
}
