// Writes the peers' events to the raw topic as the ingester would: RawDelivery in Avro, provenance MAC,
// keyed by resource. usage: load.ts <events.ndjson> <count>

import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

import { memoryRegistry, openCodec } from '@fleet/codec'
import { headerNames, partitionOf, resourceKey, topics } from '@fleet/contracts'
import type { RawDelivery } from '@fleet/contracts'
import { connectKafka } from '@fleet/kafka'
import { systemClock } from '@fleet/runtime'
import { ProvenanceKeyRing, sha256 } from '@fleet/signatures'
import { parseTime } from '@fleet/sources'

import { benchKeys, partitions } from './setting.ts'

const [, , file = '', count = '300000'] = process.argv
const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',')
const broker = connectKafka({ brokers, clientId: 'bench-load' })
const codec = await openCodec({ registry: memoryRegistry(), cacheFile: null, clock: systemClock })
await codec.load([topics.raw])
const ring = ProvenanceKeyRing.parse(benchKeys)
const appender = await broker.openAppender({ batchRecordsMax: 2000 })
const limit = Number(count)
let written = 0
let pending: Promise<unknown>[] = []
for await (const line of createInterface({ input: createReadStream(file) })) {
  if (written === limit) break
  const event = JSON.parse(line) as Record<string, string>
  const body = Buffer.from(line)
  const domain = (event['event_type'] ?? '').split('.')[0] ?? ''
  const id = event['resource_id'] ?? ''
  const key = resourceKey('demo', domain, id)
  const raw: RawDelivery = {
    delivery_id: `d-${written}`,
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
    resource_type: domain,
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
  const value = codec.encode(topics.raw, raw)
  const { mac, keyId } = ring.sign(systemClock.wallMs(), key, value)
  pending.push(
    appender.append({
      topic: topics.raw.name,
      partition: partitionOf(key, partitions),
      key,
      value,
      headers: { [headerNames.mac]: mac, [headerNames.macKeyId]: keyId },
    }),
  )
  written++
  if (pending.length === 5000) {
    await Promise.all(pending)
    pending = []
  }
}
await Promise.all(pending)
await appender.close()
process.stdout.write(`loaded ${written}\n`)
