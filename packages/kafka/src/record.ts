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
  if (key !== null) bytes += typeof key === 'string' ? Buffer.byteLength(key) : key.length
  if (value !== null) bytes += value.length
  if (headers === undefined) return bytes
  for (const name of Object.keys(headers)) {
    const part = headers[name] ?? ''
    bytes += name.length + headerFramingBytes
    bytes += typeof part === 'string' ? Buffer.byteLength(part) : part.length
  }
  return bytes
}
