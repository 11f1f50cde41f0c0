// What the topics say a task must remember: resources from the state table, ids from raw. Which raw
// records were published is read from the events they became, not decided again: the settings and
// endpoints of then may be gone.

import { topics } from '@fleet/contracts'
import type { RawDelivery, ResourceState } from '@fleet/contracts'
import type { InRecord } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'
import { normalizeEncoded } from '@fleet/sources'
import type { Endpoint, Platform } from '@fleet/sources'

import { fromResourceState, noteClues } from '../core/from-resource-state.ts'
import type { SignalClues } from '../core/from-resource-state.ts'
import type { ProcessorChange } from '../core/memory.ts'
import type { Policy } from '../core/policy.ts'
import { seenIdOf } from '../core/seen-id.ts'
import type { Digest, SeenId } from '../core/seen-id.ts'
import type { AnyEvent } from '../core/to-event.ts'
import type { DecodedLogs } from './decoded-logs.ts'
import { OffsetSet } from './offset-set.ts'

/** How far the clocks of two brokers, which append raw and events, may be apart. */
const clocksApartMs = 3_600_000
/** Resources of one portion. */
const portionMax = 2048

export interface RecallSettings {
  readonly policy: Policy
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly platform: Platform
  readonly digest: Digest
}

interface StateRecord {
  readonly state: ResourceState
  readonly appendedAtMs: number
}

/** Takes a portion of what was recalled; ids come in sighting order. */
type Take = (changes: readonly ProcessorChange[]) => Promise<void>

/** Where the task stood: the next raw offset to decide, and the stream time after the one before it. */
export interface Standpoint {
  readonly position: number
  readonly streamTimeMs: number
}

/** Returns how much it was. */
export async function recall(
  logs: DecodedLogs,
  settings: RecallSettings,
  { position, streamTimeMs }: Standpoint,
  take: Take,
): Promise<{ ids: number; resources: number }> {
  const sinceMs = streamTimeMs - settings.policy.windowMs
  const from = await logs.offsetAt(topics.raw, sinceMs)
  const states = await readStates(logs)
  const published = new OffsetSet(from, position)
  const clues = new Map<string, SignalClues>()
  for (const topic of Object.values(topics.events)) {
    // A reading may be older than any id: all of a vehicle's events are looked at.
    const isVehicle = topic === topics.events.vehicle
    const start = isVehicle ? -1 : await logs.offsetAt(topic, sinceMs - clocksApartMs)
    await logs.readDecoded(topic, start, await logs.end(topic), portion => {
      for (const { record, value } of portion) {
        if (value === null) throw unreadable(topic.name, logs.partition)
        const event = value as AnyEvent
        published.add(event.lineage.raw_offset)
        if (isVehicle) noteEvent(clues, states, String(record.key), event, settings.policy)
      }
    })
  }
  const ids = await recallIds(logs, settings, { from, position, sinceMs, published }, take)
  await recallResources(states, clues, settings.policy, take)
  return { ids, resources: states.size }
}

async function recallResources(
  states: ReadonlyMap<string, StateRecord>,
  clues: ReadonlyMap<string, SignalClues>,
  { skewMicros }: Policy,
  take: Take,
): Promise<void> {
  let changes: ProcessorChange[] = []
  for (const [key, { state, appendedAtMs }] of states) {
    const latestMicros = appendedAtMs * 1000 + skewMicros
    const memory = fromResourceState(state, clues.get(key), latestMicros)
    changes.push({ kind: 'resource', key, memory })
    if (changes.length < portionMax) continue
    await take(changes)
    changes = []
  }
  await take(changes)
}

async function readStates(logs: DecodedLogs): Promise<Map<string, StateRecord>> {
  const states = new Map<string, StateRecord>()
  const end = await logs.end(topics.state)
  await logs.readDecoded(topics.state, -1, end, portion => {
    for (const { record, value } of portion) {
      const key = String(record.key)
      if (record.value === null) states.delete(key)
      else if (value === null) throw unreadable(topics.state.name, logs.partition)
      else states.set(key, { state: value as ResourceState, appendedAtMs: record.timestampMs })
    }
  })
  return states
}

function noteEvent(
  clues: Map<string, SignalClues>,
  states: ReadonlyMap<string, StateRecord>,
  key: string,
  event: AnyEvent,
  { skewMicros }: Policy,
): void {
  const state = states.get(key)?.state
  if (state === undefined || event.mode === 'TEST' || !('signals' in event)) return
  const known: SignalClues = clues.get(key) ?? new Map()
  clues.set(key, known)
  const appendedAtMs = event.lineage.raw_timestamp / 1000
  const evidence = { eventId: event.event_id, signals: event.signals, appendedAtMs }
  noteClues(known, state, evidence, skewMicros)
}

interface IdSearch {
  /** Raw offsets to look at. */
  readonly from: number
  readonly position: number
  /** Ids first seen before it are out of the window. */
  readonly sinceMs: number
  readonly published: OffsetSet
}

async function recallIds(
  logs: DecodedLogs,
  settings: RecallSettings,
  { from, position, sinceMs, published }: IdSearch,
  take: Take,
): Promise<number> {
  let firstSeenMs = 0
  let count = 0
  await logs.readDecoded(topics.raw, from, position, async portion => {
    const changes: ProcessorChange[] = []
    for (const { record, value } of portion) {
      firstSeenMs = Math.max(firstSeenMs, record.timestampMs)
      if (!published.has(record.offset) || firstSeenMs < sinceMs) continue
      const seen = identityOf(record, value as RawDelivery | null, settings)
      changes.push({ kind: 'seen', entry: { ...seen, firstSeenMs } })
    }
    count += changes.length
    await take(changes)
  })
  return count
}

function identityOf(
  { key, offset, partition }: InRecord,
  raw: RawDelivery | null,
  { endpoints, platform, digest }: RecallSettings,
): { id: SeenId; fingerprint: number } {
  const mapped = raw && normalizeEncoded(raw, endpoints.get(raw.endpoint_id), platform)
  if (mapped?.ok !== true) {
    const where = `raw record ${offset} of partition ${partition}`
    const message = `${where} was published but can't be mapped now: was its endpoint's entry changed?`
    throw new FleetError('REBUILD_IMPOSSIBLE', 'fatal', message)
  }
  const { event } = mapped
  const id = seenIdOf({ ...event, recordKey: String(key) }, digest)
  return { id, fingerprint: event.fingerprint }
}

function unreadable(topic: string, partition: number): FleetError {
  const message = `a record of ${topic}, partition ${partition}, can't be decoded`
  return new FleetError('REBUILD_IMPOSSIBLE', 'fatal', message)
}
