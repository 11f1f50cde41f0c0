// An event becomes a signal of its tenant, so that one detector sees all of a tenant's events,
// whatever resource they are about. Time becomes a signal too: detectors decide by ticks in their
// own input and never by a clock, so replaying that input gives the same alerts.

import type {
  AlertSignal,
  Coordinates,
  Disposition,
  Domain,
  Mode,
  Resource,
} from '@fleet/contracts'

import { watchedEventTypes } from './detectors.ts'

/** What every normalized event says, and what only those of some domains do. */
export interface RoutedEvent {
  tenant_id: string
  event_id: string
  event_type: string
  source: string
  resource: Resource
  disposition: Disposition
  mode: Mode
  effective_at: number
  vehicle_id?: string | null
  started_at?: number | null
  due_at?: number | null
}

const noSignal: AlertSignal = {
  kind: 'EVENT',
  tenant_id: '',
  event_id: null,
  event_type: null,
  domain: null,
  resource: null,
  disposition: null,
  effective_at: null,
  tick_at: null,
  origin: null,
  vehicle_id: null,
  started_at: null,
  due_at: null,
  source: null,
  count: null,
  amount: null,
  entry_id: null,
  sequence: null,
}

/** Null for events that no detector takes, and for tests. */
export function toAlertSignal(
  domain: Domain,
  event: RoutedEvent,
  origin: Coordinates,
): AlertSignal | null {
  if (event.mode === 'TEST' || !watchedEventTypes.has(event.event_type)) return null
  const signal: AlertSignal = {
    ...noSignal,
    tenant_id: event.tenant_id,
    event_id: event.event_id,
    event_type: event.event_type,
    domain,
    resource: { type: event.resource.type, id: event.resource.id },
    disposition: event.disposition,
    effective_at: event.effective_at,
    origin,
  }
  if (domain === 'vehicle') signal.vehicle_id = event.vehicle_id ?? null
  if (domain === 'rental_session') {
    signal.started_at = event.started_at ?? null
    signal.due_at = event.due_at ?? null
  }
  return signal
}

/** A tick belongs to the partition it is written to and covers every tenant in it. */
export function toTickSignal(tickAtMicros: number): AlertSignal {
  return { ...noSignal, kind: 'TICK', tick_at: tickAtMicros }
}

/** Live events of a source came since the last one, up to the tick. */
export function toActivitySignal(
  tenantId: string,
  source: string,
  count: number,
  tickAtMicros: number,
): AlertSignal {
  return {
    ...noSignal,
    kind: 'ACTIVITY',
    tenant_id: tenantId,
    source,
    count,
    effective_at: tickAtMicros,
  }
}
