// Writes planned records to the raw topic as the edge does: identified, framed, signed. Some are then
// damaged, as planned.

import type { Codec } from '@fleet/codec'
import { headerNames, partitionOf, topics } from '@fleet/contracts'
import type { RawDelivery } from '@fleet/contracts'
import type { OutRecord } from '@fleet/kafka'
import { platform } from '@fleet/signatures'
import { identify, toRawDelivery } from '@fleet/sources'
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
  const origin = {
    deliveryId: `d-${planned.number}`,
    tenantId: endpoint.tenantId,
    endpointId: endpoint.id,
    source: endpoint.source,
    receivedAtMicros: receivedAt,
    remoteIp: null,
    headers: { 'content-type': 'application/json' },
    body,
    bodySha256: Buffer.alloc(32),
    signatureScheme: 'generic/hmac-sha256',
    signatureKeyId: 'k1',
  }
  return toRawDelivery(origin, part)
}
