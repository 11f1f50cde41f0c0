// Deliveries by a fixed recipe: of reservations and vehicles, some repeated, some repeated with other content.

import { createHash } from 'node:crypto'

import type { RawDelivery } from '@fleet/contracts'
import { systemClock } from '@fleet/runtime'

export const startedMs = systemClock.wallMs()

/** A delivery as the ingester writes it: reservations, and vehicles whose readings fail now and then. */
export function deliveryOf(n: number): RawDelivery {
  // Every fifth is the repetition of an earlier one; some of those have other content.
  const about = n % 5 === 4 ? Math.max(0, n - 61) : n
  const isVehicle = about % 3 === 0
  const resource = about % 24
  const at = new Date(
    startedMs - ((about * 37) % 90) * 1000 + (about % 11 === 0 ? 900_000 : 0),
  ).toISOString()
  const failed = about % 4 === 0
  const smartcar = {
    eventId: `v-${about}`,
    eventType: 'VEHICLE_STATE',
    data: {
      vehicle: { id: `V${resource}`, make: 'Kia' },
      signals: [
        {
          code: 'odometer-traveleddistance',
          name: 'Odometer',
          status: failed
            ? { value: 'ERROR', error: { type: 'UPSTREAM', code: 'X' } }
            : { value: 'SUCCESS' },
          ...(failed ? {} : { body: { value: about, unit: 'km' } }),
          meta: { oemUpdatedAt: at, retrievedAt: at },
        },
      ],
    },
    meta: { deliveredAt: at },
  }
  const levy = {
    event_id: `r-${about}`,
    event_type: ['reservation.created', 'reservation.updated', 'reservation.canceled'][about % 3],
    occurred_at: new Date(Date.UTC(2026, 10, 1) + ((about * 7919) % 5000) * 1000).toISOString(),
    resource_type: 'reservation',
    resource_id: `R${resource}`,
    data: { reason: n % 40 === 39 ? 'other' : 'same', customer_id: `C${resource}` },
  }
  const body = Buffer.from(JSON.stringify(isVehicle ? smartcar : levy))
  const micros = Math.floor(systemClock.wallMs()) * 1000
  return {
    delivery_id: `d-${n}`,
    tenant_id: 'demo',
    endpoint_id: isVehicle ? 'smartcar-demo' : 'levy-demo',
    source: isVehicle ? 'smartcar' : 'levy',
    channel: 'WEBHOOK',
    received_at: micros,
    remote_ip: null,
    headers: {},
    content_type: 'application/json',
    body,
    body_sha256: createHash('sha256').update(body).digest(),
    signature_scheme: isVehicle ? 'smartcar/hmac-sha256' : 'generic/hmac-sha256',
    signature_key_id: 'k1',
    event_id: isVehicle ? `v-${about}` : `r-${about}`,
    source_event_type: isVehicle ? 'VEHICLE_STATE' : (levy.event_type ?? ''),
    resource_type: isVehicle ? 'vehicle' : 'reservation',
    resource_id: isVehicle ? `V${resource}` : `R${resource}`,
    occurred_at: Date.parse(isVehicle ? at : levy.occurred_at) * 1000,
    delivery_attempt: null,
    part_index: 0,
    part_count: 1,
    unidentified_reason: null,
    identifier_version: '1',
    replay_id: null,
    body_key_id: null,
  }
}
