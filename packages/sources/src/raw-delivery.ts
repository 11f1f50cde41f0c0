// The raw record of one part of a delivery: the exact bytes, where they came from, and what could be read
// of their identity. What is known is kept even when the delivery could not be identified.

import type { RawDelivery } from '@fleet/contracts'
import type { IdentifiedPart } from './identified.ts'
import { identifierVersion } from './identity.ts'

/** What the parts of one delivery share. */
export interface DeliveryOrigin {
  readonly deliveryId: string
  readonly tenantId: string
  readonly endpointId: string
  readonly source: string
  readonly receivedAtMicros: number
  readonly remoteIp: string | null
  /** Allow-listed. */
  readonly headers: Record<string, string>
  readonly body: Uint8Array
  readonly bodySha256: Uint8Array
  readonly signatureScheme: string
  readonly signatureKeyId: string
}

type RawIdentity = Pick<
  RawDelivery,
  | 'event_id'
  | 'source_event_type'
  | 'resource_type'
  | 'resource_id'
  | 'occurred_at'
  | 'delivery_attempt'
  | 'part_index'
  | 'part_count'
  | 'unidentified_reason'
  | 'identifier_version'
>

export function toRawDelivery(origin: DeliveryOrigin, part: IdentifiedPart): RawDelivery {
  return {
    delivery_id: origin.deliveryId,
    tenant_id: origin.tenantId,
    endpoint_id: origin.endpointId,
    source: origin.source,
    channel: 'WEBHOOK',
    received_at: origin.receivedAtMicros,
    remote_ip: origin.remoteIp,
    headers: origin.headers,
    content_type: origin.headers['content-type'] ?? null,
    body: origin.body,
    body_sha256: origin.bodySha256,
    signature_scheme: origin.signatureScheme,
    signature_key_id: origin.signatureKeyId,
    replay_id: null,
    body_key_id: null,
    ...identityOf(part),
  }
}

/** What identification says of a part, as its raw record holds it. */
export function identityOf(part: IdentifiedPart): RawIdentity {
  return {
    event_id: part.eventId,
    source_event_type: part.sourceEventType,
    resource_type: part.resourceType,
    resource_id: part.resourceId,
    occurred_at: part.occurredAt,
    delivery_attempt: part.deliveryAttempt,
    part_index: part.partIndex,
    part_count: part.partCount,
    unidentified_reason: part.unidentifiedReason,
    identifier_version: identifierVersion,
  }
}
