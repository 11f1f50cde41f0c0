// Builds the record of an event topic from a normalized event and what was decided about it.

import { cloudEventHeaders, formatMicros } from '@fleet/contracts'
import type { Disposition, Encodable, Lineage, RecordTypes, Signal } from '@fleet/contracts'

import type { NormalizedEvent } from './normalized-event.ts'

/** A record of any event topic. */
export type AnyEvent = Encodable<
  Extract<RecordTypes[keyof RecordTypes], { mapper_version: string }>
>

export interface EventFacts {
  readonly disposition: Disposition
  /** Microseconds, as the following two. */
  readonly effectiveAt: number
  readonly receivedAt: number
  readonly processedAt: number
  readonly lineage: Lineage
  /** With `won` decided; undefined where the domain has no signals. */
  readonly signals: readonly Signal[] | undefined
}

export function toEvent(event: NormalizedEvent, facts: EventFacts): AnyEvent {
  const record = {
    event_id: event.eventId,
    event_type: event.eventType,
    source: event.source,
    source_event_type: event.sourceEventType,
    tenant_id: event.tenantId,
    subaccount_id: event.subaccountId,
    resource: { ...event.resource },
    occurred_at: event.occurredAt,
    received_at: facts.receivedAt,
    effective_at: facts.effectiveAt,
    processed_at: facts.processedAt,
    delivery_attempt: event.deliveryAttempt,
    disposition: facts.disposition,
    mode: event.mode,
    mapper_version: event.mapperVersion,
    lineage: facts.lineage,
    attributes: event.attributes.encoded ?? event.attributes.record,
    // After the common ones, because engines copy into a known shape twenty times as fast as they
    // add names to a copy.
    ...event.fields,
  }
  const complete = facts.signals === undefined ? record : { ...record, signals: facts.signals }
  // `fields` has exactly what the domain's record has beyond the common ones: the mapper's promise,
  // checked once more by the Avro encoder.
  return complete as AnyEvent
}

export function eventHeaders(event: NormalizedEvent): Record<string, string> {
  return cloudEventHeaders({
    eventId: event.eventId,
    tenantId: event.tenantId,
    source: event.source,
    eventType: event.eventType,
    resourceType: event.resource.type,
    resourceId: event.resource.id,
    occurredAt: formatMicros(event.occurredAt),
  })
}
