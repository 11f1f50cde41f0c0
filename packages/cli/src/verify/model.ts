// Decides every raw record of a partition again, as plainly as possible: maps and comparisons, no code
// shared with the processor's decision. Where the two differ, one of them is wrong.

import { microsPerDay, microsPerHour, partitionOf, rankOf, resourceKey } from '@fleet/contracts'
import type { RawDelivery, VehicleEvent } from '@fleet/contracts'
import { normalize } from '@fleet/sources'
import type { Endpoint, NormalizedEvent, Platform } from '@fleet/sources'

import type { EventFact, PartitionEvidence, RawFact } from './evidence.ts'
import { newestOfEachCode } from './expected-event.ts'
import type { ExpectedEvent } from './expected-event.ts'

export interface ModelSettings {
  windowHours: number
  skewSeconds: number
  horizonDays: number
  endpoints: ReadonlyMap<string, Endpoint>
  platform: Platform
}

export type Expectation =
  | {
      verdict: 'published'
      event: NormalizedEvent
      /** The same with all that the delivery and its place in the log add. */
      expected: ExpectedEvent
      disposition: 'CURRENT' | 'SUPERSEDED'
    }
  | { verdict: 'duplicate'; originalOffset: number }
  | { verdict: 'dead_letter'; code: string }

export interface ModelResult {
  /** By raw offset. */
  expected: Map<number, Expectation>
  /** Resource key → domain → winner. */
  registers: ReadonlyMap<string, ReadonlyMap<string, Winner>>
  /** Resource key → signal code → winner. */
  signals: ReadonlyMap<string, ReadonlyMap<string, Standing>>
  /** What is older may have been dropped. Microseconds. */
  floor: number
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

interface Standing {
  effectiveAt: number
  rank: number
  eventId: string
}

export interface Winner extends Standing {
  expected: ExpectedEvent
}

class Model {
  readonly #settings: ModelSettings
  readonly #seen = new Map<string, Sighting>()
  readonly #registers = new Map<string, Map<string, Winner>>()
  readonly #signals = new Map<string, Map<string, Standing>>()
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
    return { verdict: 'published', event, ...this.#compete(event, key, delivery, appendedAtMs) }
  }

  #compete(
    wanted: NormalizedEvent,
    key: string,
    raw: RawDelivery,
    appendedAtMs: number,
  ): { expected: ExpectedEvent; disposition: 'CURRENT' | 'SUPERSEDED' } {
    const clamp = (at: number): number =>
      Math.min(at, appendedAtMs * 1000 + this.#settings.skewSeconds * 1_000_000)
    const effectiveAt = clamp(wanted.occurredAt)
    const isVehicle = wanted.domain === 'vehicle'
    const signals = isVehicle ? ((wanted.fields as Partial<VehicleEvent>).signals ?? []) : []
    const wonCodes = new Set<string>()
    const about = { wanted, raw, appendedAtMs, effectiveAt }
    const expected: ExpectedEvent = { ...about, wonCodes: isVehicle ? wonCodes : null }
    if (wanted.mode === 'TEST') return { expected, disposition: 'SUPERSEDED' }
    const { eventId } = wanted
    const registers = this.#registers.get(key) ?? new Map<string, Winner>()
    const challenger = { effectiveAt, rank: rankOf(wanted.eventType), eventId, expected }
    const won = effectiveAt >= this.floor && beats(challenger, registers.get(wanted.domain))
    if (won) this.#registers.set(key, registers.set(wanted.domain, challenger))
    if (signals.length === 0) return { expected, disposition: won ? 'CURRENT' : 'SUPERSEDED' }
    const known = this.#signals.get(key) ?? new Map<string, Standing>()
    for (const { code, observed_at } of newestOfEachCode(signals)) {
      const reading = { effectiveAt: clamp(observed_at), rank: 0, eventId }
      if (reading.effectiveAt < this.floor || !beats(reading, known.get(code))) continue
      this.#signals.set(key, known.set(code, reading))
      wonCodes.add(code)
    }
    return { expected, disposition: wonCodes.size > 0 ? 'CURRENT' : 'SUPERSEDED' }
  }

  get floor(): number {
    return this.#streamTimeMs * 1000 - this.#settings.horizonDays * microsPerDay
  }

  get winners(): Pick<ModelResult, 'registers' | 'signals' | 'floor'> {
    return { registers: this.#registers, signals: this.#signals, floor: this.floor }
  }
}

function beats(challenger: Standing, holder: Standing | undefined): boolean {
  if (holder === undefined) return true
  if (challenger.effectiveAt !== holder.effectiveAt) {
    return challenger.effectiveAt > holder.effectiveAt
  }
  if (challenger.rank !== holder.rank) return challenger.rank > holder.rank
  return Buffer.compare(Buffer.from(challenger.eventId), Buffer.from(holder.eventId)) > 0
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
  return { expected, ...model.winners }
}

/** The key an event's resource must have. */
export function keyOfEvent(event: NormalizedEvent): string {
  return resourceKey(event.tenantId, event.resource.type, event.resource.id)
}
