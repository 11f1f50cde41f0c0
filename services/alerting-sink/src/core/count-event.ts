// Counting: an event adds one to its piece of time, once. Nothing is decided here; see judge-rate.ts.

import type { AlertSignal, Resource } from '@fleet/contracts'

import { bucketMicros, countedMicros, eventIdsMax, rateDetectors } from './detectors.ts'
import type { RateDetector } from './detectors.ts'
import { hasRoom, rateKey, recallLastTick, seenKey } from './memory.ts'
import type { Change, Memory, RateFact } from './memory.ts'

export function countEvent(memory: Memory, signal: AlertSignal): Change[] {
  const { event_type: type } = signal
  if (type === null) return []
  return rateDetectors
    .filter(({ eventTypes }) => eventTypes.includes(type))
    .flatMap(detector => countFor(memory, detector, signal))
}

function countFor(memory: Memory, detector: RateDetector, signal: AlertSignal): Change[] {
  const { tenant_id: tenantId, resource, event_id: eventId, effective_at: at } = signal
  if (resource === null || eventId === null || at === null) return []
  const lastTick = recallLastTick(memory)
  if (lastTick !== null && at <= lastTick - countedMicros) return []
  const seen = seenKey(tenantId, detector.name, resource, eventId)
  if (memory.get('seen', seen) !== undefined) return []
  const subject = detector.scope === 'tenant' ? null : subjectOf(signal, resource)
  const key = rateKey(tenantId, detector.name, subject)
  const known = memory.get('rate', key)
  if (!hasRoom(memory, 'seen', tenantId)) return []
  if (known === undefined && !hasRoom(memory, 'rate', tenantId)) return []
  const fact = known ?? newFact(tenantId, detector, subject, lastTick ?? at)
  return [
    { key: seen, value: { kind: 'seen', lookAt: at + countedMicros } },
    { key, value: withEvent(fact, at, eventId, (lastTick ?? at) - countedMicros) },
  ]
}

function newFact(
  tenantId: string,
  { name }: RateDetector,
  subject: Resource | null,
  since: number,
): RateFact {
  const nothing = { lastEventAt: 0, buckets: [], events: [], open: null }
  return { kind: 'rate', detector: name, tenantId, subject, since, ...nothing }
}

/** Failures that name their vehicle count for it, whatever resource they are about. */
function subjectOf({ vehicle_id: vehicleId }: AlertSignal, resource: Resource): Resource {
  if (vehicleId !== null) return { type: 'vehicle', id: vehicleId }
  return { type: resource.type, id: resource.id }
}

function withEvent(fact: RateFact, at: number, eventId: string, keptFrom: number): RateFact {
  const start = Math.floor(at / bucketMicros) * bucketMicros
  const buckets = new Map(fact.buckets.filter(([from]) => from > keptFrom))
  buckets.set(start, (buckets.get(start) ?? 0) + 1)
  const events: RateFact['events'] = [...fact.events, [at, eventId]]
  return {
    ...fact,
    lastEventAt: Math.max(fact.lastEventAt, at),
    buckets: [...buckets].toSorted(([a], [b]) => a - b),
    events: events
      .toSorted(([a, idA], [b, idB]) => a - b || (idA < idB ? -1 : 1))
      .slice(-eventIdsMax),
  }
}

/** Events in whole pieces of time that lie within the window and not ahead of its end. */
export function countWithin({ buckets }: RateFact, from: number, to: number): number {
  let count = 0
  for (const [start, events] of buckets) if (start > from && start <= to) count += events
  return count
}
