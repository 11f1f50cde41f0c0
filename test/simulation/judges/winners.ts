// Who holds each register and each signal of a resource at the end, found from the published events as
// plainly as possible: the greatest (time, rank, id) of those young enough when they came.

import { microsPerDay, rankOf, topics } from '@fleet/contracts'
import type { Signal } from '@fleet/contracts'

import type {
  CommonEvent,
  EventFact,
  PartitionEvidence,
} from '../../../packages/cli/src/verify/evidence.ts'
import { maxSkewSeconds } from '../world/declarations.ts'

export interface Winner {
  readonly key: string
  readonly field: { readonly kind: 'register' | 'signal'; readonly name: string }
  readonly eventId: string
  readonly effectiveAt: number
  readonly rank: number
}

export function winnersOf(evidence: PartitionEvidence, horizonDays: number): Winner[] {
  const winners = new Map<string, Winner>()
  const streamTimes = streamTimesOf(evidence)
  const byRaw = evidence.events.toSorted(
    (a, b) => a.event.lineage.raw_offset - b.event.lineage.raw_offset,
  )
  for (const fact of byRaw) {
    if (fact.event.mode === 'TEST') continue
    const streamTimeMs = streamTimes.get(fact.event.lineage.raw_offset) ?? 0
    const floor = streamTimeMs * 1000 - horizonDays * microsPerDay
    for (const candidate of candidatesOf(fact)) {
      if (candidate.effectiveAt < floor) continue
      const name = JSON.stringify([candidate.key, candidate.field])
      const holder = winners.get(name)
      // Forgotten with its resource or not: what is below the floor loses to whatever is above it.
      if (holder === undefined || isGreater(candidate, holder)) winners.set(name, candidate)
    }
  }
  return [...winners.values()]
}

/** By raw offset: the greatest append time up to and with that record. */
function streamTimesOf({ raw }: PartitionEvidence): Map<number, number> {
  const times = new Map<number, number>()
  let greatest = 0
  for (const { offset, appendedAtMs } of raw) {
    greatest = Math.max(greatest, appendedAtMs)
    times.set(offset, greatest)
  }
  return times
}

function candidatesOf({ topic, key, event }: EventFact): Winner[] {
  const domain = /^fleet\.events\.(.*)\.v1$/.exec(topic)?.[1] ?? ''
  const eventId = event.event_id
  const latest = event.lineage.raw_timestamp + maxSkewSeconds * 1_000_000
  const register: Winner = {
    key,
    field: { kind: 'register', name: domain },
    eventId,
    effectiveAt: Math.min(event.occurred_at, latest),
    rank: rankOf(event.event_type),
  }
  if (topic !== topics.events.vehicle.name) return [register]
  const { signals } = event as CommonEvent & { signals: readonly Signal[] }
  const readings = signals.map(({ code, observed_at }) => ({
    key,
    field: { kind: 'signal' as const, name: code },
    eventId,
    effectiveAt: Math.min(observed_at, latest),
    rank: 0,
  }))
  return [register, ...readings]
}

function isGreater(left: Winner, right: Winner): boolean {
  if (left.effectiveAt !== right.effectiveAt) return left.effectiveAt > right.effectiveAt
  if (left.rank !== right.rank) return left.rank > right.rank
  return Buffer.compare(Buffer.from(left.eventId), Buffer.from(right.eventId)) > 0
}
