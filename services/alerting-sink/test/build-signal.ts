// Events and signals for these tests.

import { domains } from '@fleet/contracts'
import type { AlertSignal, ReservationEvent } from '@fleet/contracts'

import { toActivitySignal, toAlertSignal, toTickSignal } from '../src/core/to-alert-signal.ts'

export const minute = 60_000_000
/** 2026-05-04T10:00:00Z. */
export const noonMicros = 1_777_888_800_000_000

export function noShowEvent(given: Partial<ReservationEvent> = {}): ReservationEvent {
  return {
    event_id: 'e1',
    event_type: 'reservation.no_show',
    source: 'levy',
    source_event_type: 'reservation.no_show',
    tenant_id: 'demo',
    subaccount_id: null,
    resource: { type: 'reservation', id: 'R1' },
    occurred_at: noonMicros,
    received_at: noonMicros + 1,
    effective_at: noonMicros,
    processed_at: noonMicros + 2,
    delivery_attempt: null,
    disposition: 'CURRENT',
    mode: 'LIVE',
    mapper_version: '1',
    lineage: {
      raw_topic: 'raw',
      raw_partition: 0,
      raw_offset: 0,
      raw_timestamp: noonMicros,
      delivery_id: 'd1',
      part_index: 0,
      channel: 'WEBHOOK',
      provenance_key_id: 'p1',
    },
    attributes: {},
    customer_id: null,
    vehicle_id: null,
    location_id: null,
    reason: null,
    starts_at: null,
    ends_at: null,
    amount: null,
    ...given,
  }
}

/** The signal of a no-show of reservation `id`, `minutes` after the start of these tests. */
export function noShow(id: string, minutes: number, tenant = 'demo'): AlertSignal {
  const event = noShowEvent({
    event_id: `e-${id}`,
    tenant_id: tenant,
    resource: { type: 'reservation', id },
    effective_at: noonMicros + Math.round(minutes * minute),
  })
  const signal = toAlertSignal('reservation', event, { topic: 'events', partition: 0, offset: 0 })
  if (signal === null) throw new Error('a no-show is always a signal')
  return signal
}

export function tick(minutes: number): AlertSignal {
  return toTickSignal(noonMicros + minutes * minute)
}

/** Any event a detector takes, as its signal; `minutes` after the start of these tests. */
export function eventSignal(
  eventType: string,
  minutes: number,
  given: {
    id?: string
    eventId?: string
    resourceType?: string
    tenant?: string
    vehicleId?: string
    dueMinutes?: number
    startedMinutes?: number
    disposition?: 'CURRENT' | 'SUPERSEDED'
  } = {},
): AlertSignal {
  const domain = domains.find(name => eventType.startsWith(`${name}.`))
  if (domain === undefined) throw new Error(`${eventType} is of no domain`)
  const id = given.id ?? 'X1'
  const at = (offset: number): number => noonMicros + Math.round(offset * minute)
  const event = {
    ...noShowEvent({
      event_id: given.eventId ?? `${eventType}-${id}-${minutes}`,
      event_type: eventType,
      tenant_id: given.tenant ?? 'demo',
      resource: { type: given.resourceType ?? domain, id },
      disposition: given.disposition ?? 'CURRENT',
      effective_at: at(minutes),
    }),
    vehicle_id: given.vehicleId ?? null,
    started_at: given.startedMinutes === undefined ? null : at(given.startedMinutes),
    due_at: given.dueMinutes === undefined ? null : at(given.dueMinutes),
  }
  const signal = toAlertSignal(domain, event, { topic: 'events', partition: 0, offset: 0 })
  if (signal === null) throw new Error(`${eventType} is no signal`)
  return signal
}

export function activity(source: string, minutes: number, tenant = 'demo'): AlertSignal {
  return toActivitySignal(tenant, source, 1, noonMicros + Math.round(minutes * minute))
}

/** The ledger's word about refunds of charge `id`, by its entry of this number. */
export function excess(
  sequence: number,
  minor: number,
  given: { id?: string; currency?: string; tenant?: string } = {},
): AlertSignal {
  const { id = 'C1', currency = 'EUR', tenant = 'demo' } = given
  return {
    ...tick(0),
    kind: 'REFUND_EXCESS',
    tick_at: null,
    tenant_id: tenant,
    event_id: `r${sequence}`,
    event_type: 'billing.refund_processed',
    domain: 'billing',
    resource: { type: 'charge', id },
    effective_at: noonMicros,
    amount: { amount_minor: minor, currency },
    entry_id: `entry${sequence}`,
    sequence,
  }
}

/** As `excess`, of which so much is left. */
export function covered(sequence: number, minor: number): AlertSignal {
  return { ...excess(sequence, minor), kind: 'REFUND_COVERED' }
}
