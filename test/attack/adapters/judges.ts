// What every answer of an adapter must be, whatever the input was: one of its own values, whole, the same
// again, and something that can be written as a record.

import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'

import { memoryRegistry, openCodec } from '@fleet/codec'
import { topics } from '@fleet/contracts'
import type { RawDelivery } from '@fleet/contracts'
import { systemClock } from '@fleet/runtime'
import { codes, normalizeResourceType, parseId } from '@fleet/sources'
import type {
  Endpoint,
  Identified,
  IdentifiedPart,
  Normalization,
  NormalizedEvent,
} from '@fleet/sources'

/** A body of the largest size takes about 20 ms, so only a walk that grows with its square is slower. */
const callMsSuspect = 500
/** Of processor time, so that a busy machine is no failure. */
const callCpuMicrosMax = 1_000_000

const codec = await openCodec({ registry: memoryRegistry(), cacheFile: null, clock: systemClock })
await codec.load([topics.raw, ...Object.values(topics.events)])

const pristine = Object.getOwnPropertyNames(Object.prototype).join()

/** Calls twice: both answers must be the same, in time, and leave body and prototypes alone. */
export function answerOf<Answer>(body: Uint8Array, call: () => Answer): Answer {
  const before = Buffer.from(body)
  const startedMs = performance.now()
  const first = call()
  if (performance.now() - startedMs > callMsSuspect) assertFast(call)
  assert.ok(isDeepStrictEqual(call(), first), 'the same input gave two answers')
  assert.equal(Buffer.compare(before, body), 0, 'the body was changed')
  assert.equal(Object.getOwnPropertyNames(Object.prototype).join(), pristine, 'a prototype changed')
  return first
}

function assertFast(call: () => unknown): void {
  const cpu = process.cpuUsage()
  call()
  const { user } = process.cpuUsage(cpu)
  assert.ok(user < callCpuMicrosMax, `one call took ${user} µs of processor time`)
}

const token = /^[A-Za-z0-9_-]{1,128}$/
const keyForm = /^[A-Za-z0-9_.~%-]+\/[A-Za-z0-9_.~%-]+\/[A-Za-z0-9_.~%-]+$/
const reasons = [
  'not_json',
  'not_an_object',
  'no_event_id',
  'no_event_type',
  'no_resource_type',
  'no_resource_id',
  'no_vehicles',
  'too_many_vehicles',
  'vehicle_without_id',
  'event_type_not_accepted',
]
const vehiclesMax = 64

/** A word for the kind of answer. */
export function judgeIdentified(endpoint: Endpoint, identified: Identified): string {
  if (identified.kind !== 'records') {
    assert.equal(endpoint.adapter, 'smartcar')
    if (identified.kind === 'challenge') assert.match(identified.challenge, token)
    return identified.kind
  }
  const { parts } = identified
  assert.ok(parts.length >= 1 && parts.length <= vehiclesMax, `${parts.length} parts`)
  for (const [index, part] of parts.entries()) {
    assert.equal(part.partIndex, index)
    assert.equal(part.partCount, parts.length)
    judgePart(endpoint, part)
  }
  return parts[0]?.unidentifiedReason ?? (parts.length === 1 ? 'identified' : 'several')
}

function judgePart(endpoint: Endpoint, part: IdentifiedPart): void {
  const { eventId, sourceEventType, resourceType, resourceId, occurredAt, deliveryAttempt } = part
  assert.match(part.key, keyForm)
  assert.ok(part.key.startsWith(`${endpoint.tenantId}/`), 'a key of another tenant')
  for (const id of [eventId, sourceEventType, resourceId]) {
    assert.ok(id === null || parseId(id) === id, `no id: ${JSON.stringify(id)}`)
  }
  // A type that is read again stays what it is: the API looks resources up by it.
  assert.ok(resourceType === null || normalizeResourceType(resourceType) === resourceType)
  assert.ok(occurredAt === null || isEventTime(occurredAt), `${occurredAt}`)
  assert.ok(deliveryAttempt === null || (deliveryAttempt | 0) === deliveryAttempt)
  if (part.unidentifiedReason === null) {
    const known = [eventId, sourceEventType, resourceType, resourceId]
    assert.ok(!known.includes(null), 'identified and yet incomplete')
  } else {
    assert.ok(reasons.includes(part.unidentifiedReason))
    assert.ok(part.key.startsWith(`${endpoint.tenantId}/unidentified/`))
  }
}

const from = Date.UTC(2000, 0, 1) * 1000
const to = Date.UTC(2101, 0, 1) * 1000

function isEventTime(micros: number): boolean {
  return Number.isSafeInteger(micros) && micros >= from && micros < to
}

/** The record can be written as the edge writes it. */
export function judgeRaw(raw: RawDelivery): void {
  assert.ok(codec.encode(topics.raw, raw).length > 0)
}

/** A word for the kind of answer. */
export function judgeNormalization(raw: RawDelivery, normalization: Normalization): string {
  if (!normalization.ok) {
    assert.ok(Object.hasOwn(codes, normalization.code))
    assert.ok(normalization.message.length > 0)
    return normalization.code
  }
  const { event } = normalization
  assert.deepEqual(
    [event.eventId, event.tenantId, event.source, event.resource],
    [raw.event_id, raw.tenant_id, raw.source, { type: raw.resource_type, id: raw.resource_id }],
    'identity comes from the record alone',
  )
  assert.ok(isEventTime(event.occurredAt))
  assert.ok(event.mode === 'LIVE' || event.mode === 'TEST')
  assert.equal(event.fingerprint >>> 0, event.fingerprint)
  for (const value of Object.values(event.attributes)) JSON.parse(value)
  assert.ok(isDeepStrictEqual(JSON.parse(event.attributesJson), { ...event.attributes }))
  assert.ok(codec.encode(topics.events[event.domain], recordOf(raw, event)).length > 0)
  return event.domain
}

/** The published event as the processor would write it. */
function recordOf(raw: RawDelivery, event: NormalizedEvent): unknown {
  const at = raw.received_at
  return {
    event_id: event.eventId,
    event_type: event.eventType,
    source: event.source,
    source_event_type: event.sourceEventType,
    tenant_id: event.tenantId,
    subaccount_id: event.subaccountId,
    resource: event.resource,
    occurred_at: event.occurredAt,
    received_at: at,
    effective_at: event.occurredAt,
    processed_at: at,
    delivery_attempt: event.deliveryAttempt,
    disposition: 'CURRENT',
    mode: event.mode,
    mapper_version: event.mapperVersion,
    lineage: {
      raw_topic: topics.raw.name,
      raw_partition: 0,
      raw_offset: 0,
      raw_timestamp: at,
      delivery_id: raw.delivery_id,
      part_index: raw.part_index,
      channel: raw.channel,
      provenance_key_id: 'p1',
    },
    attributes: event.attributes,
    ...event.fields,
  }
}
