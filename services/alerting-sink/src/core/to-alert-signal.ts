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

/** What every normalized event says, whatever its domain. */
export interface RoutedEvent {
  tenant_id: string
  event_id: string
  event_type: string
  resource: Resource
  disposition: Disposition
  mode: Mode
  effective_at: number
}

/** Null for events that no detector takes, and for tests. */
export function toAlertSignal(
  domain: Domain,
  event: RoutedEvent,
  origin: Coordinates,
): AlertSignal | null {
  if (event.mode === 'TEST' || !watchedEventTypes.has(event.event_type)) return null
  return {
    kind: 'EVENT',
    tenant_id: event.tenant_id,
    event_id: event.event_id,
    event_type: event.event_type,
    domain,
    resource: { type: event.resource.type, id: event.resource.id },
    disposition: event.disposition,
    effective_at: event.effective_at,
    tick_at: null,
    origin,
  }
}

/** A tick belongs to the partition it is written to and covers every tenant in it. */
export function toTickSignal(tickAtMicros: number): AlertSignal {
  return {
    kind: 'TICK',
    tenant_id: '',
    event_id: null,
    event_type: null,
    domain: null,
    resource: null,
    disposition: null,
    effective_at: null,
    tick_at: tickAtMicros,
    origin: null,
  }
}
