// The event that a raw record must have become, field by field, and where a published one differs. Values
// of a source's content are not repeated in a complaint: they may be personal data.

import type { RawDelivery, Signal } from '@fleet/contracts'
import { canonicalJson } from '@fleet/sources'
import type { NormalizedEvent } from '@fleet/sources'

import type { EventFact } from './evidence.ts'

export interface ExpectedEvent {
  readonly wanted: NormalizedEvent
  readonly raw: RawDelivery
  readonly appendedAtMs: number
  /** Microseconds. */
  readonly effectiveAt: number
  /** Codes of the signals that won; null where the event has no signals. */
  readonly wonCodes: ReadonlySet<string> | null
}

/** One sentence for each field that is not as it must be. */
export function differences({ event }: EventFact, expected: ExpectedEvent): string[] {
  const found: string[] = []
  const is = event as unknown as Record<string, unknown>
  for (const [field, must] of Object.entries(envelopeOf(expected))) {
    if (!isSame(is[field], must)) {
      found.push(`${field} is ${JSON.stringify(is[field])}, must be ${JSON.stringify(must)}`)
    }
  }
  for (const [field, must] of Object.entries(contentOf(expected))) {
    if (!isSame(is[field], must))
      found.push(`${field} is not what was delivered, read with the settings its endpoint has now`)
  }
  const lineage = event.lineage as unknown as Record<string, unknown>
  for (const [field, must] of Object.entries(lineageOf(expected))) {
    if (lineage[field] !== must) {
      found.push(`lineage.${field} is ${String(lineage[field])}, must be ${String(must)}`)
    }
  }
  return found
}

/** As JSON, whatever class an Avro library made the records of. */
export function isSame(left: unknown, right: unknown): boolean {
  return canonicalJson(left) === canonicalJson(right)
}

function envelopeOf({ wanted, raw, effectiveAt }: ExpectedEvent) {
  return {
    event_id: wanted.eventId,
    event_type: wanted.eventType,
    source: wanted.source,
    source_event_type: wanted.sourceEventType,
    tenant_id: wanted.tenantId,
    subaccount_id: wanted.subaccountId,
    resource: wanted.resource,
    occurred_at: wanted.occurredAt,
    received_at: raw.received_at,
    effective_at: effectiveAt,
    delivery_attempt: wanted.deliveryAttempt,
    mode: wanted.mode,
    mapper_version: wanted.mapperVersion,
  }
}

function contentOf({ wanted, wonCodes }: ExpectedEvent): Record<string, unknown> {
  const content = { ...wanted.fields, attributes: wanted.attributes }
  if (wonCodes === null) return content
  return { ...content, signals: signalsOf(wanted, wonCodes) }
}

/** Of several signals with one code the newest competes, the last of equals. */
function signalsOf({ fields }: NormalizedEvent, wonCodes: ReadonlySet<string>): Signal[] {
  const { signals = [] } = fields as { signals?: readonly Signal[] }
  const newest = new Map(newestOfEachCode(signals).map(signal => [signal.code, signal]))
  return signals.map(signal => ({
    ...signal,
    won: wonCodes.has(signal.code) && newest.get(signal.code) === signal,
  }))
}

export function newestOfEachCode(signals: readonly Signal[]): Signal[] {
  const newest = new Map<string, Signal>()
  for (const signal of signals) {
    const known = newest.get(signal.code)
    if (known === undefined || signal.observed_at >= known.observed_at) {
      newest.set(signal.code, signal)
    }
  }
  return [...newest.values()]
}

function lineageOf({ raw, appendedAtMs }: ExpectedEvent) {
  return {
    raw_timestamp: appendedAtMs * 1000,
    delivery_id: raw.delivery_id,
    part_index: raw.part_index,
    channel: raw.channel,
  }
}

/** What a register holds of the event, as an object. */
export function registerOf({ wanted, effectiveAt }: ExpectedEvent, rank: number) {
  const { fields } = wanted
  const signals = 'signals' in fields ? { signals: fields.signals.map(withoutWon) } : {}
  const data = { ...fields, ...signals, attributes: wanted.attributes }
  return {
    event_id: wanted.eventId,
    event_type: wanted.eventType,
    occurred_at: wanted.occurredAt,
    effective_at: effectiveAt,
    rank,
    // Nothing of a deleted customer is kept.
    data: wanted.eventType === 'customer.deleted' ? {} : data,
  }
}

function withoutWon(signal: Signal): Omit<Signal, 'won'> {
  const { won: _, ...rest } = signal
  return rest
}
