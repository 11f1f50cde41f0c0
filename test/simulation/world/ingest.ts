// Writes planned records to the raw topic as the edge does: identified, framed, signed. Some are then
// damaged, as planned.

import type { Codec } from '@fleet/codec'
import { headerNames, partitionOf, topics } from '@fleet/contracts'
import type { RawDelivery } from '@fleet/contracts'
import type { OutRecord } from '@fleet/kafka'
import { platform } from '@fleet/signatures'
import { identify } from '@fleet/sources'
import type { Endpoint, IdentifiedPart } from '@fleet/sources'

import { endpoints } from '../plan/endpoints.ts'
import type { Defect, PlannedRecord } from '../plan/plan.ts'
import { keyRing } from './declarations.ts'

export function rawRecord(
  planned: PlannedRecord,
  codec: Codec,
  partitions: number,
  wallMs: number,
): OutRecord {
  const endpoint = endpoints.get(planned.endpointId)
  if (endpoint === undefined) throw new Error(`no endpoint ${planned.endpointId}`)
  const body = Buffer.from(planned.body)
  const receivedAt = (wallMs - planned.heldMs) * 1000
  const identified = identify(endpoint, body, {}, receivedAt, platform)
  const part = identified.kind === 'records' ? identified.parts[0] : undefined
  if (part === undefined) throw new Error('the body is no delivery')
  const delivery = deliveryOf(planned, endpoint, part, body, receivedAt)
  const value = valueOf(codec.encode(topics.raw, delivery), planned.defect)
  const { mac, keyId } = keyRing.sign(wallMs, part.key, value ?? Buffer.alloc(0))
  const headers: Record<string, Buffer | string> = {
    [headerNames.mac]: planned.defect === 'bad_mac' ? Buffer.alloc(mac.length, 1) : mac,
    [headerNames.macKeyId]: planned.defect === 'unknown_key' ? 'p9' : keyId,
  }
  const home = partitionOf(part.key, partitions)
  return {
    topic: topics.raw.name,
    partition: planned.defect === 'wrong_partition' ? (home + 1) % partitions : home,
    key: part.key,
    value,
    headers: planned.defect === 'no_mac' ? {} : headers,
  }
}

function valueOf(framed: Buffer, defect: Defect | null): Buffer | null {
  if (defect === 'no_value') return null
  if (defect === 'garbage') return Buffer.concat([framed.subarray(0, 5), Buffer.alloc(9, 255)])
  if (defect !== 'unknown_schema') return framed
  const unknown = Buffer.from(framed)
  unknown.writeUInt32BE(9999, 1)
  return unknown
}

function deliveryOf(
  planned: PlannedRecord,
  endpoint: Endpoint,
  part: IdentifiedPart,
  body: Buffer,
  receivedAt: number,
): RawDelivery {
  return {
    delivery_id: `d-${planned.number}`,
    tenant_id: endpoint.tenantId,
    endpoint_id: endpoint.id,
    source: endpoint.source,
    channel: 'WEBHOOK',
    received_at: receivedAt,
    remote_ip: null,
    headers: {},
    content_type: 'application/json',
    body,
    body_sha256: Buffer.alloc(32),
    signature_scheme: 'generic/hmac-sha256',
    signature_key_id: 'k1',
    event_id: part.eventId,
    source_event_type: part.sourceEventType,
    resource_type: part.resourceType,
    resource_id: part.resourceId,
    occurred_at: part.occurredAt,
    delivery_attempt: part.deliveryAttempt,
    part_index: 0,
    part_count: 1,
    unidentified_reason: part.unidentifiedReason,
    identifier_version: '1',
    replay_id: null,
    body_key_id: null,
  }
}
