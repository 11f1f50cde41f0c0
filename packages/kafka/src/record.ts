// Our record: bytes, headers and coordinates. Nothing here knows Avro or a business word.

export interface TopicPartition {
  topic: string
  partition: number
}

/** A record as read, committed isolation. */
export interface InRecord extends TopicPartition {
  offset: number
  /** Milliseconds; log-append time on every fleet topic. */
  timestampMs: number
  key: Buffer | null
  value: Buffer | null
  /** Repeated header names keep the last value. */
  headers: Record<string, Buffer>
}

/** A record to write; the partition is always explicit. */
export interface OutRecord extends TopicPartition {
  key: Buffer | string | null
  value: Buffer | null
  headers?: Record<string, Buffer | string>
  /** Its `recordBytes`, where they were counted already. */
  bytes?: number
}

const framingBytes = 32
const headerFramingBytes = 10

/** Bytes a record takes in a batch: key, value, headers and a bound on the framing. */
export function recordBytes({ key, value, headers }: OutRecord): number {
  let bytes = framingBytes
  if (key !== null) bytes += bytesOf(key)
  if (value !== null) bytes += value.length
  if (headers === undefined) return bytes
  for (const name of Object.keys(headers)) {
    bytes += name.length + headerFramingBytes + bytesOf(headers[name] ?? '')
  }
  return bytes
}

/** Up to here a loop over the characters beats a call into the runtime. */
const shortTextLength = 64

function bytesOf(part: Buffer | string): number {
  if (typeof part !== 'string') return part.length
  if (part.length > shortTextLength) return Buffer.byteLength(part)
  for (let i = 0; i < part.length; i++) {
    if (part.charCodeAt(i) > 0x7f) return Buffer.byteLength(part)
  }
  return part.length
}
