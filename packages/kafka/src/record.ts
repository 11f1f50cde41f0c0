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
}

/** Bytes a record takes in a batch: key, value, headers and a bound on the framing. */
export function recordBytes(record: OutRecord): number {
  let bytes = 32
  if (record.key !== null) bytes += Buffer.byteLength(record.key)
  if (record.value !== null) bytes += record.value.length
  for (const [name, value] of Object.entries(record.headers ?? {})) {
    bytes += name.length + Buffer.byteLength(value) + 10
  }
  return bytes
}
