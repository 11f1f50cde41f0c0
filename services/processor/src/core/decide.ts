// The decision about one mapped delivery: refuse it, count it as a duplicate, or publish it as
// CURRENT or SUPERSEDED and move the state of its resource. A function of memory and delivery
// alone; it must never read a clock or change anything.

import { topics } from '@fleet/contracts'
import type { Encodable, RawDelivery, RecordName, RecordTypes, Topic } from '@fleet/contracts'

import { judge } from './judge.ts'
import type { Judgement } from './judge.ts'
import { toLineage } from './lineage.ts'
import type { Origin } from './lineage.ts'
import type { ProcessorChange, ProcessorMemory } from './memory.ts'
import type { Normalized, NormalizedEvent } from './normalized-event.ts'
import { horizonFloor, isOutsideWindow, isRemembered } from './policy.ts'
import type { Policy } from './policy.ts'
import { toResourceState } from './resource-state.ts'
import { seenIdOf } from './seen-id.ts'
import type { Digest, SeenId } from './seen-id.ts'
import { eventHeaders, toEvent } from './to-event.ts'

export interface Delivery {
  readonly raw: RawDelivery
  readonly normalized: Normalized
  /** Key of the raw record. */
  readonly key: string
  readonly origin: Origin
  /** Greatest append time of the partition, this record's included. */
  readonly streamTimeMs: number
  /** For `processed_at` only. */
  readonly nowMicros: number
  /** The endpoint's answer to one id with two contents. */
  readonly onIdConflict: 'dead_letter' | 'count'
}

type RefusalCode = 'UNIDENTIFIED' | 'BAD_TIME' | 'OUTSIDE_WINDOW' | 'ID_CONFLICT'

interface Emission {
  readonly topic: Topic
  readonly key: string
  readonly value: Encodable<RecordTypes[RecordName]> | null
  readonly headers?: Record<string, string>
  readonly occurredAtMicros?: number
}

export type Outcome =
  | { readonly verdict: 'duplicate' }
  | { readonly verdict: 'dead_letter'; readonly code: RefusalCode; readonly message: string }
  | {
      readonly verdict: 'published'
      readonly superseded: boolean
      readonly changes: readonly ProcessorChange[]
      readonly emit: readonly Emission[]
    }

/** Outlived resources dropped with one record: keeps up with any input, never a pause. */
const droppedMax = 4

export function decide(
  memory: ProcessorMemory,
  delivery: Delivery,
  policy: Policy,
  digest: Digest,
): Outcome {
  const { raw, normalized, streamTimeMs } = delivery
  if (!normalized.ok) return refuse(normalized.code, normalized.message)
  if (isOutsideWindow(raw.received_at, streamTimeMs, policy)) {
    return refuse('OUTSIDE_WINDOW', 'received before the time in which duplicates are remembered')
  }
  const { event } = normalized
  const { tenantId, source, mode, eventId } = event
  const identity = { tenantId, source, recordKey: delivery.key, mode, eventId }
  const id = seenIdOf(identity, digest)
  const earlier = memory.sighting(id)
  if (earlier !== undefined && isRemembered(earlier.firstSeenMs, streamTimeMs, policy)) {
    const same = earlier.fingerprint === event.fingerprint
    if (same || delivery.onIdConflict === 'count') return { verdict: 'duplicate' }
    return refuse('ID_CONFLICT', 'the same event id came earlier with other content')
  }
  return publish(memory, delivery, event, id, policy)
}

function refuse(code: RefusalCode, message: string): Outcome {
  return { verdict: 'dead_letter', code, message }
}

function publish(
  memory: ProcessorMemory,
  delivery: Delivery,
  event: NormalizedEvent,
  id: SeenId,
  policy: Policy,
): Outcome {
  const { key, origin, streamTimeMs } = delivery
  const floorMicros = horizonFloor(streamTimeMs, policy)
  const context = { appendedAtMs: origin.appendedAtMs, skewMicros: policy.skewMicros, floorMicros }
  const judgement = judge(memory.resource(key), event, context)
  const outlivedKeys = event.mode === 'TEST' ? [] : memory.outlived(floorMicros, droppedMax)
  const dropped = outlivedKeys.filter(outlived => outlived !== key)
  const seen = { id, firstSeenMs: streamTimeMs, fingerprint: event.fingerprint }
  const changes: ProcessorChange[] = [{ kind: 'seen', entry: seen }]
  for (const outlived of dropped) changes.push({ kind: 'drop', key: outlived })
  if (judgement.resource !== null) {
    changes.push({ kind: 'resource', key, memory: judgement.resource })
  }
  const emit = emissionsOf(delivery, event, judgement)
  for (const outlived of dropped) emit.push({ topic: topics.state, key: outlived, value: null })
  return {
    verdict: 'published',
    superseded: judgement.disposition === 'SUPERSEDED',
    changes,
    emit,
  }
}

function emissionsOf(delivery: Delivery, event: NormalizedEvent, judgement: Judgement): Emission[] {
  const { raw, key } = delivery
  const { effectiveAt, disposition, signals, resource } = judgement
  const lineage = toLineage(raw, delivery.origin)
  const published: Emission = {
    topic: topics.events[event.domain],
    key,
    value: toEvent(event, {
      disposition,
      effectiveAt,
      receivedAt: raw.received_at,
      processedAt: delivery.nowMicros,
      lineage,
      signals,
    }),
    headers: eventHeaders(event),
    occurredAtMicros: event.occurredAt,
  }
  if (resource === null) return [published]
  const facts = {
    tenantId: event.tenantId,
    resource: event.resource,
    updatedAt: effectiveAt,
    lineage,
  }
  return [published, { topic: topics.state, key, value: toResourceState(resource, facts) }]
}
