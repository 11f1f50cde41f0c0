// Encodes records as one record batch (magic 2; its layout is in record-batch.ts), straight into the
// buffer of the request. Never compressed: the topics say how they are stored.

import { varintSize } from './byte-writer.ts'
import type { ByteWriter } from './byte-writer.ts'
import { crc32c } from './crc32c.ts'
import { traceparentHeader } from './record.ts'
import type { OutRecord } from './record.ts'

/** Who writes a batch, as the broker is to judge it. */
export interface BatchOrigin {
  producerId: number
  producerEpoch: number
  transactional: boolean
}

/** A producer without identity: nothing is fenced, and a batch may come twice. */
export const anonymous: BatchOrigin = { producerId: -1, producerEpoch: -1, transactional: false }
export const noSequence = -1

const magic = 2
const transactionalMask = 0x10
const batchHeaderBytes = 61
/** Of the batch: where its length, its checksum and what that covers stand. */
const lengthAt = 8
const crcAt = 17
const crcFrom = 21
/** Length, attributes, time and offset deltas, lengths of key and value, number of headers. */
const recordFramingBytes = 28
const headerFramingBytes = 10
/** A character that takes one place in a string takes at most this in UTF-8. */
const utf8BytesMax = 3

/** Appends the batch. All records get the time `nowMs`; the topics put their own in its place. */
export function encodeRecordBatch(
  writer: ByteWriter,
  records: readonly OutRecord[],
  origin: BatchOrigin,
  firstSequence: number,
  nowMs: number,
): void {
  writer.reserve(batchHeaderBytes)
  const start = writer.at
  writer.int64(0) // the broker assigns the offset
  writer.int32(0) // length, below
  writer.int32(-1) // leader epoch: the broker's
  writer.int8(magic)
  writer.int32(0) // checksum, below
  writer.int16(origin.transactional ? transactionalMask : 0)
  writer.int32(records.length - 1)
  writer.int64(nowMs)
  writer.int64(nowMs)
  writer.int64(origin.producerId)
  writer.int16(origin.producerEpoch)
  writer.int32(firstSequence)
  writer.int32(records.length)
  let offsetDelta = 0
  for (const record of records) encodeRecord(writer, record, offsetDelta++)
  const { bytes, at: end } = writer
  bytes.writeInt32BE(end - start - lengthAt - 4, start + lengthAt)
  bytes.writeUInt32BE(crc32c(bytes, start + crcFrom, end), start + crcAt)
}

function encodeRecord(writer: ByteWriter, record: OutRecord, offsetDelta: number): void {
  const { key, value, headers, traceparent } = record
  const names = headers === undefined ? [] : Object.keys(headers)
  let expected = recordFramingBytes + sizeOf(key) + sizeOf(value)
  let most = recordFramingBytes + roomFor(key) + roomFor(value)
  for (const name of names) {
    const part = headers?.[name] ?? null
    expected += name.length + sizeOf(part)
    most += roomFor(name) + roomFor(part) + headerFramingBytes
  }
  if (traceparent !== undefined) {
    expected += traceparentHeader.length + traceparent.length
    most += roomFor(traceparentHeader) + roomFor(traceparent) + headerFramingBytes
  }
  writer.reserve(most)
  const start = writer.at
  const lengthBytes = varintSize(expected)
  writer.at += lengthBytes
  writer.int8(0) // attributes: none are defined
  writer.int8(0) // time delta
  writer.varint(offsetDelta)
  writer.varintBytes(key)
  writer.varintBytes(value)
  writer.varint(traceparent === undefined ? names.length : names.length + 1)
  for (const name of names) {
    writer.varintBytes(name)
    writer.varintBytes(headers?.[name] ?? null)
  }
  if (traceparent !== undefined) {
    writer.varintBytes(traceparentHeader)
    writer.varintBytes(traceparent)
  }
  writeLength(writer, start, lengthBytes)
}

/** Bytes, or as many as the text has if it is ASCII. */
function sizeOf(part: Buffer | string | null): number {
  return part === null ? 0 : part.length
}

/** Bytes it may take, whatever the text. */
function roomFor(part: Buffer | string | null): number {
  if (part === null) return 0
  return typeof part === 'string' ? part.length * utf8BytesMax : part.length
}

/** Puts the length before a record; moves the record where the length takes other room than thought. */
function writeLength(writer: ByteWriter, start: number, lengthBytes: number): void {
  const body = start + lengthBytes
  const length = writer.at - body
  const actualBytes = varintSize(length)
  if (actualBytes !== lengthBytes) writer.bytes.copyWithin(start + actualBytes, body, writer.at)
  writer.at = start
  writer.varint(length)
  writer.at += length
}
