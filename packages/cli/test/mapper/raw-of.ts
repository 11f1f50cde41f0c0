// A raw record of a generic endpoint, identified as the edge does it.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { RawDelivery } from '@fleet/contracts'
import { platform } from '@fleet/signatures'
import { identify, parseEndpoints, toRawDelivery } from '@fleet/sources'
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
  const origin = {
    deliveryId: 'd1',
    tenantId: endpoint.tenantId,
    endpointId: endpoint.id,
    source: endpoint.source,
    receivedAtMicros: receivedAt,
    remoteIp: null,
    headers: {},
    body: bytes,
    bodySha256: platform.sha256(bytes),
    signatureScheme: 'generic/hmac-sha256',
    signatureKeyId: 'k1',
  }
  return toRawDelivery(origin, part)
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
