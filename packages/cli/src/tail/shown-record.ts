// A record as it is shown: its value decoded where its topic has a schema, and a value that can't be
// decoded still there as base64, with the reason.

import type { Codec } from '@fleet/codec'
import { headerNames } from '@fleet/contracts'
import type { Topic } from '@fleet/contracts'
import type { InRecord } from '@fleet/kafka'
import { FleetError, messageOf } from '@fleet/runtime'

export interface ShownRecord {
  topic: string
  partition: number
  offset: number
  /** Log-append time, milliseconds since 1970. */
  timestamp: number
  key: string | null
  headers: Record<string, string>
  /** Null for a tombstone; base64 of the bytes where there is no schema or `undecodable` is given. */
  value: unknown
  undecodable?: string
}

export async function decodeRecords(
  codec: Codec,
  topic: Topic,
  records: readonly InRecord[],
  present: (value: unknown) => unknown = jsonOf,
): Promise<ShownRecord[]> {
  const shown: ShownRecord[] = []
  for (const record of records) {
    shown.push({
      topic: record.topic,
      partition: record.partition,
      offset: record.offset,
      timestamp: record.timestampMs,
      key: record.key === null ? null : record.key.toString('utf8'),
      headers: Object.fromEntries(
        Object.entries(record.headers).map(([name, bytes]) => [name, headerText(name, bytes)]),
      ),
      ...(await decodeValue(codec, topic, record.value, present)),
    })
  }
  return shown
}

async function decodeValue(
  codec: Codec,
  topic: Topic,
  value: Buffer | null,
  present: (value: unknown) => unknown,
): Promise<Pick<ShownRecord, 'value' | 'undecodable'>> {
  if (value === null) return { value: null }
  if (topic.schema === null) return { value: value.toString('base64') }
  try {
    await codec.prepare([value])
    return { value: present(codec.decode(topic, value)) }
  } catch (error) {
    if (error instanceof FleetError && error.code === 'REGISTRY_UNREACHABLE') throw error
    return { value: value.toString('base64'), undecodable: messageOf(error) }
  }
}

/** Decoded Avro as plain JSON: bytes as base64, numbers as they are. */
export function jsonOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(jsonOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, jsonOf(part)]))
}

const printable = /^[^\p{Cc}\uFFFD]*$/u

function headerText(name: string, bytes: Buffer): string {
  const text = bytes.toString('utf8')
  return name !== headerNames.mac && printable.test(text) ? text : bytes.toString('base64')
}
