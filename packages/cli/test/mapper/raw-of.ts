// A raw record of a generic endpoint, identified as the edge does it.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { RawDelivery } from '@fleet/contracts'
import { platform } from '@fleet/signatures'
import { identify, parseEndpoints } from '@fleet/sources'
import type { Endpoint } from '@fleet/sources'

const file = new URL('../../../../infra/local/endpoints.json', import.meta.url)
const reading = parseEndpoints(readFileSync(file, 'utf8'), 'development')
assert.ok(reading.ok, reading.ok ? '' : reading.problems.join('; '))
const found = reading.endpoints.find(({ id }) => id === 'levy-demo')
assert.ok(found !== undefined)
export const endpoint: Endpoint = found

const receivedAt = 1_795_250_000_000_000

export function rawOf(body: object | string): RawDelivery {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const identified = identify(endpoint, bytes, {}, receivedAt, platform)
  assert.ok(identified.kind === 'records')
  const [part] = identified.parts
  assert.ok(part !== undefined)
  return {
    delivery_id: 'd1',
    tenant_id: endpoint.tenantId,
    endpoint_id: endpoint.id,
    source: endpoint.source,
    channel: 'WEBHOOK',
    received_at: receivedAt,
    remote_ip: null,
    headers: {},
    content_type: null,
    body: bytes,
    body_sha256: platform.sha256(bytes),
    signature_scheme: 'generic/hmac-sha256',
    signature_key_id: 'k1',
    event_id: part.eventId,
    source_event_type: part.sourceEventType,
    resource_type: part.resourceType,
    resource_id: part.resourceId,
    occurred_at: part.occurredAt,
    delivery_attempt: part.deliveryAttempt,
    part_index: part.partIndex,
    part_count: part.partCount,
    unidentified_reason: part.unidentifiedReason,
    identifier_version: '1',
    replay_id: null,
    body_key_id: null,
  }
}

export function bodyOf(eventId: string, data: object = { reason: 'late' }) {
  return {
    event_id: eventId,
    event_type: 'reservation.created',
    occurred_at: '2026-11-21T08:00:00Z',
    resource_type: 'reservation',
    resource_id: 'R1',
    data,
  }
}
