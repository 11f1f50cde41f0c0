// Decides every raw record of a partition again, as plainly as possible: maps and comparisons, no code
// shared with the processor's decision. Where the two differ, one of them is wrong.

import { microsPerDay, microsPerHour, partitionOf, rankOf, resourceKey } from '@fleet/contracts'
import type { Signal, VehicleEvent } from '@fleet/contracts'
import { normalize } from '@fleet/sources'
import type { Endpoint, NormalizedEvent, Platform } from '@fleet/sources'

import type { EventFact, PartitionEvidence, RawFact } from './evidence.ts'

export interface ModelSettings {
  windowHours: number
  skewSeconds: number
  horizonDays: number
  endpoints: ReadonlyMap<string, Endpoint>
  platform: Platform
}

export type Expectation =
  | { verdict: 'published'; event: NormalizedEvent; disposition: 'CURRENT' | 'SUPERSEDED' }
  | { verdict: 'duplicate'; originalOffset: number }
  | { verdict: 'dead_letter'; code: string }

export interface ModelResult {
  /** By raw offset. */
  expected: Map<number, Expectation>
  /** Event id of each register's winner: resource key → domain → event id. */
  registers: Map<string, Map<string, string>>
}

/** Codes that say something about outputs or a handler, which the model of decisions can't foresee. */
export const unforeseenCodes: ReadonlySet<string> = new Set([
  'TOO_LARGE',
  'INTERNAL',
  'SCHEMA_UNKNOWN',
])

interface Sighting {
  atMs: number
  offset: number
  /** Null when the original itself is no longer in raw: then only its id is known. */
  fingerprint: number | null
}

interface Winner {
  effectiveAt: number
  rank: number
  eventId: string
}

class Model {
  readonly #settings: ModelSettings
  readonly #seen = new Map<string, Sighting>()
  readonly #registers = new Map<string, Map<string, Winner>>()
  readonly #signals = new Map<string, Winner>()
  #streamTimeMs = 0

  constructor(settings: ModelSettings) {
    this.#settings = settings
  }

  /** An event whose raw record retention has deleted: its id was seen, it may hold a register. */
  remember({ key, event }: EventFact): void {
    const { lineage, tenant_id, source, mode, event_id } = event
    const appendedMs = lineage.raw_timestamp / 1000
    this.#streamTimeMs = Math.max(this.#streamTimeMs, appendedMs)
    const identity = JSON.stringify([tenant_id, source, key, mode, event_id])
    const sighting = { atMs: this.#streamTimeMs, offset: lineage.raw_offset, fingerprint: null }
    this.#seen.set(identity, sighting)
  }

  /** `failure`: the code under which this record was given up, unforeseen here. */
  decide(
    fact: RawFact,
    partition: number,
    partitionCount: number,
    failure: string | undefined,
  ): Expectation {
    const { delivery, key, appendedAtMs } = fact
    this.#streamTimeMs = Math.max(this.#streamTimeMs, appendedAtMs)
    if (fact.provenance !== 'ok') return { verdict: 'dead_letter', code: fact.provenance }
    if (partitionOf(key, partitionCount) !== partition) {
      return { verdict: 'dead_letter', code: 'WRONG_PARTITION' }
    }
    if (delivery === null) return { verdict: 'dead_letter', code: 'UNDECODABLE' }
    const { endpoints, platform, windowHours } = this.#settings
    const endpoint = endpoints.get(delivery.endpoint_id)
    const mapped = normalize(delivery, endpoint, platform)
    if (!mapped.ok) return { verdict: 'dead_letter', code: mapped.code }
    const windowMicros = windowHours * microsPerHour
    if (delivery.received_at < this.#streamTimeMs * 1000 - windowMicros) {
      return { verdict: 'dead_letter', code: 'OUTSIDE_WINDOW' }
    }
    const { event } = mapped
    const identity = JSON.stringify([event.tenantId, event.source, key, event.mode, event.eventId])
    const earlier = this.#seen.get(identity)
    if (earlier !== undefined && (this.#streamTimeMs - earlier.atMs) * 1000 <= windowMicros) {
      const same = earlier.fingerprint === null || earlier.fingerprint === event.fingerprint
      return same || endpoint?.onIdConflict === 'count'
        ? { verdict: 'duplicate', originalOffset: earlier.offset }
        : { verdict: 'dead_letter', code: 'ID_CONFLICT' }
    }
    // A record that failed changes nothing: neither its id nor its content is remembered.
    if (failure !== undefined) return { verdict: 'dead_letter', code: failure }
    const { fingerprint } = event
    this.#seen.set(identity, { atMs: this.#streamTimeMs, offset: fact.offset, fingerprint })
    return { verdict: 'published', event, disposition: this.#compete(event, key, appendedAtMs) }
  }

  #compete(event: NormalizedEvent, key: string, appendedAtMs: number): 'CURRENT' | 'SUPERSEDED' {
    if (event.mode === 'TEST') return 'SUPERSEDED'
    const clamp = (at: number): number =>
      Math.min(at, appendedAtMs * 1000 + this.#settings.skewSeconds * 1_000_000)
    const floor = this.#streamTimeMs * 1000 - this.#settings.horizonDays * microsPerDay
    const registers = this.#registers.get(key) ?? new Map<string, Winner>()
    const challenger = {
      effectiveAt: clamp(event.occurredAt),
      rank: rankOf(event.eventType),
      eventId: event.eventId,
    }
    const won = challenger.effectiveAt >= floor && beats(challenger, registers.get(event.domain))
    if (won) this.#registers.set(key, registers.set(event.domain, challenger))
    const signals =
      event.domain === 'vehicle' ? ((event.fields as Partial<VehicleEvent>).signals ?? []) : []
    if (signals.length === 0) return won ? 'CURRENT' : 'SUPERSEDED'
    let anyWon = false
    for (const signal of newestOfEachCode(signals)) {
      const name = JSON.stringify([key, signal.code])
      const reading = { effectiveAt: clamp(signal.observed_at), rank: 0, eventId: event.eventId }
      if (reading.effectiveAt < floor || !beats(reading, this.#signals.get(name))) continue
      this.#signals.set(name, reading)
      anyWon = true
    }
    return anyWon ? 'CURRENT' : 'SUPERSEDED'
  }

  winners(): Map<string, Map<string, string>> {
    const out = new Map<string, Map<string, string>>()
    for (const [key, registers] of this.#registers) {
      out.set(key, new Map([...registers].map(([domain, { eventId }]) => [domain, eventId])))
    }
    return out
  }
}

function beats(challenger: Winner, holder: Winner | undefined): boolean {
  if (holder === undefined) return true
  if (challenger.effectiveAt !== holder.effectiveAt) {
    return challenger.effectiveAt > holder.effectiveAt
  }
  if (challenger.rank !== holder.rank) return challenger.rank > holder.rank
  return Buffer.compare(Buffer.from(challenger.eventId), Buffer.from(holder.eventId)) > 0
}

function newestOfEachCode(signals: readonly Signal[]): Signal[] {
  const newest = new Map<string, Signal>()
  for (const signal of signals) {
    const known = newest.get(signal.code)
    if (known === undefined || signal.observed_at >= known.observed_at) {
      newest.set(signal.code, signal)
    }
  }
  return [...newest.values()]
}

export function runModel(evidence: PartitionEvidence, settings: ModelSettings): ModelResult {
  const model = new Model(settings)
  const gone = evidence.events
    .filter(({ event }) => event.lineage.raw_offset < evidence.rawStart)
    .toSorted((a, b) => a.event.lineage.raw_offset - b.event.lineage.raw_offset)
  for (const fact of gone) model.remember(fact)
  const failures = new Map<number, string>()
  for (const { letter } of evidence.deadLetters) {
    if (unforeseenCodes.has(letter.error_code)) {
      failures.set(letter.origin.offset, letter.error_code)
    }
  }
  const expected = new Map<number, Expectation>()
  const { partition, partitionCount } = evidence
  for (const fact of evidence.raw) {
    const failure = failures.get(fact.offset)
    expected.set(fact.offset, model.decide(fact, partition, partitionCount, failure))
  }
  return { expected, registers: model.winners() }
}

/** The key an event's resource must have. */
export function keyOfEvent(event: NormalizedEvent): string {
  return resourceKey(event.tenantId, event.resource.type, event.resource.id)
}
