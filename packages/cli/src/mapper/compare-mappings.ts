// Two mappers over one raw record: what of the event would be another one, and which of that would
// harm. Pure; a candidate that throws or returns nonsense is a finding, never our failure.

import { readSchemas, sampleProblems } from '@fleet/contract-kit'
import { domains, topics } from '@fleet/contracts'
import type { RawDelivery, RecordName } from '@fleet/contracts'
import { canonicalJson } from '@fleet/sources'
import type { Endpoint, Mapper, NormalizedEvent, NormalizingPlatform } from '@fleet/sources'

export type Mapped =
  | { readonly kind: 'event'; readonly event: NormalizedEvent }
  | { readonly kind: 'dead_letter'; readonly code: string }
  /** It threw or returned no mapping: the processor would give the record up as INTERNAL. */
  | { readonly kind: 'failed'; readonly reason: string }

export const dangers = {
  identity: 'Another id, source, mode or resource: what was published is published again.',
  fingerprint: 'Another content: a retry across the switch is an ID_CONFLICT.',
  topic: 'Another topic: registers of the old domain stay as they are.',
  becomes_dead_letter: 'It was an event and would be a dead letter.',
  not_encodable: 'It fits no schema: the processor would give it up as INTERNAL.',
  candidate_failed: 'The candidate threw or returned no mapping.',
} as const

export type Danger = keyof typeof dangers

interface FieldChange {
  /** `event_type`, `amount`, `attributes.data.note`. */
  readonly field: string
  readonly present: unknown
  readonly candidate: unknown
}

export interface Difference {
  readonly eventType: string
  readonly fields: readonly FieldChange[]
  readonly dangers: readonly Danger[]
  /** Code before and after; null where it is an event. */
  readonly deadLetter: { readonly present: string | null; readonly candidate: string | null } | null
  /** Why it fits no schema or failed; names fields and types, no values. */
  readonly reasons: readonly string[]
}

export function runMapper(
  mapper: Mapper,
  raw: RawDelivery,
  endpoint: Endpoint | undefined,
  platform: NormalizingPlatform,
): Mapped {
  let result: unknown
  try {
    result = mapper.normalize(raw, endpoint, platform)
  } catch (error) {
    // Its message may repeat what the source sent.
    return { kind: 'failed', reason: error instanceof Error ? error.name : 'it threw no Error' }
  }
  if (!isObject(result)) return { kind: 'failed', reason: 'it returned no mapping' }
  const { ok, event, code } = result
  if (ok === true && isEvent(event)) return { kind: 'event', event }
  if (ok === false && typeof code === 'string') return { kind: 'dead_letter', code }
  return { kind: 'failed', reason: 'it returned no mapping' }
}

/** Null when both mappers say the same. */
export function compareMappings(
  present: Mapped,
  candidate: Mapped,
  raw: Pick<RawDelivery, 'source_event_type'>,
): Difference | null {
  const named = [present, candidate].find(mapped => mapped.kind === 'event')
  const unmapped = raw.source_event_type ?? '(unidentified)'
  const eventType = named?.kind === 'event' ? named.event.eventType : unmapped
  const nothing = { eventType, fields: [], dangers: [], deadLetter: null, reasons: [] }
  if (candidate.kind === 'failed') {
    if (present.kind === 'failed') return null
    const deadLetter = { present: codeOf(present), candidate: 'INTERNAL' }
    return { ...nothing, dangers: ['candidate_failed'], deadLetter, reasons: [candidate.reason] }
  }
  if (present.kind === 'event' && candidate.kind === 'event') {
    return compareEvents(present.event, candidate.event, eventType)
  }
  const deadLetter = { present: codeOf(present), candidate: codeOf(candidate) }
  if (deadLetter.present === deadLetter.candidate) return null
  return {
    ...nothing,
    dangers: present.kind === 'event' ? ['becomes_dead_letter'] : [],
    deadLetter,
  }
}

function codeOf(mapped: Mapped): string | null {
  if (mapped.kind === 'event') return null
  return mapped.kind === 'failed' ? 'INTERNAL' : mapped.code
}

function compareEvents(
  present: NormalizedEvent,
  candidate: NormalizedEvent,
  eventType: string,
): Difference | null {
  const [before, after] = [flat(present), flat(candidate)]
  const fields: FieldChange[] = []
  for (const field of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(field), after.get(field)]
    if (textOf(was) !== textOf(is)) fields.push({ field, present: was, candidate: is })
  }
  const reasons = fields.length === 0 ? [] : misfits(candidate)
  const found = new Set<Danger>(fields.flatMap(({ field }) => dangerOf[field] ?? []))
  if (reasons.length > 0) found.add('not_encodable')
  if (fields.length === 0) return null
  return { eventType, fields, dangers: [...found], deadLetter: null, reasons }
}

const dangerOf: Readonly<Record<string, Danger>> = {
  event_id: 'identity',
  source: 'identity',
  tenant_id: 'identity',
  mode: 'identity',
  resource: 'identity',
  fingerprint: 'fingerprint',
  domain: 'topic',
}

/** By the names that consumers see. The version is left out: that it differs is what is compared. */
function flat(event: NormalizedEvent): Map<string, unknown> {
  const fields = new Map<string, unknown>([
    ['domain', event.domain],
    ['event_id', event.eventId],
    ['event_type', event.eventType],
    ['source', event.source],
    ['source_event_type', event.sourceEventType],
    ['tenant_id', event.tenantId],
    ['subaccount_id', event.subaccountId],
    ['resource', event.resource],
    ['occurred_at', event.occurredAt],
    ['mode', event.mode],
    ['delivery_attempt', event.deliveryAttempt],
    ['fingerprint', event.fingerprint],
  ])
  for (const [name, value] of Object.entries(event.fields)) fields.set(name, value)
  for (const [name, value] of Object.entries(event.attributes)) {
    fields.set(`attributes.${name}`, value)
  }
  return fields
}

function textOf(value: unknown): string {
  if (value === undefined) return 'absent'
  try {
    return canonicalJson(value)
  } catch {
    // No JSON at all; that it fits no schema is told beside.
    return `no JSON: ${typeof value}`
  }
}

function misfits({ domain, fields, attributes }: NormalizedEvent): string[] {
  const value: Record<string, unknown> = { ...fields, attributes }
  return problemsOf(topics.events[domain].schema, value).map(
    ({ path, problem }) => `${path} ${problem}`,
  )
}

let schemas: ReadonlyMap<string, { current: string }> | undefined

function problemsOf(record: RecordName | null, value: unknown): ReturnType<typeof sampleProblems> {
  schemas ??= readSchemas()
  const schema = schemas.get(record ?? '')
  return schema === undefined ? [] : sampleProblems(schema.current, value)
}

function isEvent(value: unknown): value is NormalizedEvent {
  if (!isObject(value)) return false
  const { domain, fields, attributes, resource } = value
  const isDomain = domains.some(each => each === domain)
  return isDomain && isObject(fields) && isObject(attributes) && isObject(resource)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
