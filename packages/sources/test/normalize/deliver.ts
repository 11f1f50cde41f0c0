// A delivery on its way through the package: identified as the edge does, then normalized.

import assert from 'node:assert/strict'

import type { RawDelivery } from '@fleet/contracts'
import { platform } from '@fleet/signatures'

import type { Endpoint } from '../../src/endpoint.ts'
import type { RequestHeaders } from '../../src/headers.ts'
import { identify } from '../../src/identify.ts'
import { normalize } from '../../src/normalize.ts'
import type { Normalization, NormalizedEvent } from '../../src/normalize.ts'
import { toRawDelivery } from '../../src/raw-delivery.ts'

export const receivedAt = 1_795_250_000_000_000

export interface Delivery {
  readonly headers?: RequestHeaders
  readonly receivedAt?: number
  readonly raw?: Partial<RawDelivery>
}

/** The raw records of a delivery, as the edge writes them. */
export function rawsOf(
  endpoint: Endpoint,
  body: string | object,
  delivery: Delivery = {},
): RawDelivery[] {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const received = delivery.receivedAt ?? receivedAt
  const identified = identify(endpoint, bytes, delivery.headers ?? {}, received, platform)
  assert.ok(identified.kind === 'records')
  const origin = {
    deliveryId: 'd1',
    tenantId: endpoint.tenantId,
    endpointId: endpoint.id,
    source: endpoint.source,
    receivedAtMicros: received,
    remoteIp: null,
    headers: {},
    body: bytes,
    bodySha256: platform.sha256(bytes),
    signatureScheme: `${endpoint.adapter}/hmac-sha256`,
    signatureKeyId: 'k1',
  }
  return identified.parts.map(part => ({ ...toRawDelivery(origin, part), ...delivery.raw }))
}

export function normalizationsOf(
  endpoint: Endpoint,
  body: string | object,
  delivery: Delivery = {},
): Normalization[] {
  return rawsOf(endpoint, body, delivery).map(raw => normalize(raw, endpoint, platform))
}

export function eventsOf(
  endpoint: Endpoint,
  body: string | object,
  delivery: Delivery = {},
): NormalizedEvent[] {
  return normalizationsOf(endpoint, body, delivery).map(normalization => {
    assert.ok(normalization.ok, normalization.ok ? '' : normalization.message)
    return normalization.event
  })
}

/** The single event of a delivery. */
export function eventOf(
  endpoint: Endpoint,
  body: string | object,
  delivery: Delivery = {},
): NormalizedEvent {
  const [event, ...more] = eventsOf(endpoint, body, delivery)
  assert.ok(event !== undefined && more.length === 0)
  return event
}

/** A typed field of an event whose domain the test has fixed. */
export function fieldOf(event: NormalizedEvent, name: string): unknown {
  return Object.entries(event.fields).find(([field]) => field === name)?.[1]
}
