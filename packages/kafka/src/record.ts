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
  headers?: Readonly<Record<string, Buffer | string>> | undefined
  /** W3C trace context: one more header of this name, behind the others. */
  traceparent?: string | undefined
  /** Its `recordBytes`, where they were counted already. */
  bytes?: number | undefined
}

export const traceparentHeader = 'traceparent'

/** All members that records have, in their order: loops over records then meet one kind of object. */
export function bareRecord(
  topic: string,
  partition: number,
  key: OutRecord['key'],
  value: Buffer | null,
): OutRecord {
  return {
    topic,
    partition,
    key,
    value,
    headers: undefined,
    traceparent: undefined,
    bytes: undefined,
  }
}

const framingBytes = 32
const headerFramingBytes = 10

/** Bytes a record takes in a batch: key, value, headers and a bound on the framing. */
export function recordBytes({ key, value, headers, traceparent }: OutRecord): number {
  let bytes = framingBytes
  if (key !== null) bytes += typeof key === 'string' ? Buffer.byteLength(key) : key.length
  if (value !== null) bytes += value.length
  if (traceparent !== undefined) {
    bytes += traceparentHeader.length + traceparent.length + headerFramingBytes
  }
  if (headers === undefined) return bytes
  for (const name of Object.keys(headers)) {
    const part = headers[name] ?? ''
    bytes += name.length + headerFramingBytes
    bytes += typeof part === 'string' ? Buffer.byteLength(part) : part.length
  }
  return bytes
}
