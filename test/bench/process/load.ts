// Writes events to the raw topics before anything is measured: as the edge does (RawDelivery in Avro,
// provenance MAC, keyed by resource), or the JSON bytes alone, keyed by resource id.

import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

import { memoryRegistry, openCodec } from '@fleet/codec'
import { headerNames, partitionOf, resourceKey, topics } from '@fleet/contracts'
import type { RawDelivery } from '@fleet/contracts'
import { connectKafka } from '@fleet/kafka'
import type { OutRecord } from '@fleet/kafka'
import { systemClock } from '@fleet/runtime'
import { ProvenanceKeyRing, sha256 } from '@fleet/signatures'
import { parseTime } from '@fleet/sources'

/** The edge's provenance keys in every benchmark. */
export const provenanceKeysText = JSON.stringify({
  keys: [{ id: 'bench', key_base64: Buffer.from('0123456789abcdef'.repeat(2)).toString('base64') }],
})

/** Records that may be under way at once. */
const waveRecords = 5000

/**
 * The lines of a file. The file is opened when the first line is asked for: a readline interface made
 * earlier loses what it reads until somebody listens.
 */
export async function* linesOf(file: string): AsyncIterableIterator<string> {
  yield* createInterface({ input: createReadStream(file) })
}

export type ToRecord = (text: string, position: number) => OutRecord

/** Appends one record for each event, in order; returns how many. */
export async function load(
  brokers: string,
  texts: Iterable<string> | AsyncIterable<string>,
  toRecord: ToRecord,
): Promise<number> {
  const broker = connectKafka({ brokers: brokers.split(','), clientId: 'bench-load' })
  const appender = await broker.openAppender({ batchRecordsMax: 2000 })
  let position = 0
  let wave: Promise<unknown>[] = []
  for await (const text of texts) {
    wave.push(appender.append(toRecord(text, position)))
    position++
    if (wave.length < waveRecords) continue
    await Promise.all(wave)
    wave = []
  }
  await Promise.all(wave)
  await appender.close()
  return position
}

/** Signed raw records. The source names no resource type; the first part of its event type does. */
export async function signedRecords(partitions: number): Promise<ToRecord> {
  const codec = await openCodec({
    registry: memoryRegistry(),
    cacheFile: null,
    clock: systemClock,
  })
  await codec.load([topics.raw])
  const keyRing = ProvenanceKeyRing.parse(provenanceKeysText)
  return (text, position) => {
    const { raw, key } = rawDelivery(text, position)
    const value = codec.encode(topics.raw, raw)
    const { mac, keyId } = keyRing.sign(systemClock.wallMs(), key, value)
    return {
      topic: topics.raw.name,
      partition: partitionOf(key, partitions),
      key,
      value,
      headers: { [headerNames.mac]: mac, [headerNames.macKeyId]: keyId },
    }
  }
}

export function jsonRecords(topic: string, partitions: number): ToRecord {
  return text => {
    const { resource_id: key = '' } = JSON.parse(text) as Record<string, string>
    return { topic, partition: partitionOf(key, partitions), key, value: Buffer.from(text) }
  }
}

/** What the ingester would have written of it. */
export function rawDelivery(text: string, position: number): { raw: RawDelivery; key: string } {
  const event = JSON.parse(text) as Record<string, string>
  const body = Buffer.from(text)
  const type = (event['event_type'] ?? '').split('.')[0] ?? ''
  const id = event['resource_id'] ?? ''
  const raw: RawDelivery = {
    delivery_id: `delivery-${position}`,
    tenant_id: 'demo',
    endpoint_id: 'levy-demo',
    source: 'levy',
    channel: 'WEBHOOK',
    received_at: systemClock.wallMs() * 1000,
    remote_ip: '127.0.0.1',
    headers: { 'content-type': 'application/json' },
    content_type: 'application/json',
    body,
    body_sha256: sha256(body),
    signature_scheme: 'generic/hmac-sha256',
    signature_key_id: 'k1',
    event_id: event['event_id'] ?? null,
    source_event_type: event['event_type'] ?? null,
    resource_type: type,
    resource_id: id,
    occurred_at: parseTime(event['occurred_at'] ?? ''),
    delivery_attempt: 1,
    part_index: 0,
    part_count: 1,
    unidentified_reason: null,
    identifier_version: '1',
    replay_id: null,
    body_key_id: null,
  }
  return { raw, key: resourceKey('demo', type, id) }
}
