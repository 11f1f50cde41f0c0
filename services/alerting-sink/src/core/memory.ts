// What the detectors remember, each fact under a key whose first part says what it is and whose second
// part is the tenant. What a fact grows with is bounded by itself; how many there are, by limits.

import { encodeKeyPart, resourceKey } from '@fleet/contracts'
import type { Resource } from '@fleet/contracts'

import type { RateName, TimeoutName } from './detector-settings.ts'
import type { DayFact, ReadDay } from './seasonal.ts'

export type Fact =
  | NoShowFact
  | OpenAlertFact
  | LastTickFact
  | SeenFact
  | RateFact
  | DayFact
  | SessionFact
  | SourceFact
  | ExcessFact

export interface NoShowFact {
  kind: 'no_show'
  tenantId: string
  eventId: string
  /** Microseconds. */
  effectiveAt: number
  /** Microseconds; the last tick before it arrived, 0 before the first. */
  arrivedAfter: number
}

/** The open alert of the no-show spike. */
export interface OpenAlertFact {
  kind: 'open_alert'
  tenantId: string
  /** Microseconds; the tick that opened it. */
  openedAt: number
  /** Count at the last tick. */
  count: number
}

export interface LastTickFact {
  kind: 'last_tick'
  /** Microseconds. */
  tickAt: number
  /** Microseconds; ticks were missing for long until then. */
  gapUntil?: number
}

/** An event that was counted: a repetition is not. */
interface SeenFact {
  kind: 'seen'
  /** Microseconds; forgotten at the first tick from then on. */
  lookAt: number
}

/** What a detector counts about one subject. */
export interface RateFact {
  kind: 'rate'
  detector: RateName
  tenantId: string
  /** Null: all of the tenant. */
  subject: Resource | null
  /** Microseconds. */
  since: number
  lastEventAt: number
  /** Start in microseconds and count, oldest first. */
  buckets: [start: number, count: number][]
  /** The newest events, oldest first. */
  events: [at: number, eventId: string][]
  open: OpenRate | null
}

export interface OpenRate {
  openedAt: number
  /** What the last record of the alert said. */
  reported: number
  /** Microseconds; since then it has been calm, null while it is not. */
  calmSince: number | null
}

export type SessionPhase = 'check_in' | 'active' | 'check_out' | 'closed'

/** One rental session and what is expected of it. */
export interface SessionFact {
  kind: 'session'
  tenantId: string
  resource: Resource
  phase: SessionPhase
  /** The event that said so, by which a newer one is known. */
  at: number
  rank: number
  eventId: string
  eventType: string
  dueAt: number | null
  /** Microseconds; null: nothing is expected. */
  deadline: number | null
  /** Microseconds; the last tick before the event arrived, 0 before the first. */
  arrivedAfter: number
  /** Microseconds; nothing happens to it at ticks before. */
  lookAt: number
  open: { detector: TimeoutName; openedAt: number; isReminded: boolean; deadline: number } | null
}

/** Refunds of one resource beyond its charges, in one currency, as the ledger said last. */
export interface ExcessFact {
  kind: 'excess'
  tenantId: string
  resource: Resource
  currency: string
  /** Minor units. */
  excess: number
  /** Of the journal entry that said so. */
  entryId: string
  sequence: number
  /** Microseconds; when the event of that entry took effect. */
  at: number
  /** The newest events that made it grow, oldest first. */
  eventIds: string[]
  /** Microseconds; the last tick before it grew from or shrank to nothing, or `beforeAnyTick`. */
  since: number
  /** It has grown since the last alert about it; one that was given up does not open again. */
  isNew: boolean
  /** Microseconds; nothing happens to it at ticks before. */
  lookAt: number
  open: { openedAt: number; reported: number } | null
}

/** What came from one source of a tenant. */
export interface SourceFact {
  kind: 'source'
  tenantId: string
  source: string
  /** Microseconds. */
  since: number
  /** Microseconds; silence is counted from then. */
  silentFrom: number
  /** Minutes since 1970. */
  lastMinute: number
  /** How much more its hours differ than chance makes them: variance by mean, and of how many hours. */
  spread: number
  spreadHours: number
  /** Hours since 1970 with the minutes in which something came, oldest first. */
  hours: [hour: number, minutes: number][]
  open: { openedAt: number; since: number; reported: number; resumed: number } | null
  /** Its alert ended without it being heard again: no new one until it is. */
  isGivenUp: boolean
}

/** Kinds by the first part of their keys. */
export interface FactsByPrefix {
  'no-show': NoShowFact
  'open-alert': OpenAlertFact
  'last-tick': LastTickFact
  seen: SeenFact
  rate: RateFact
  usual: DayFact
  session: SessionFact
  source: SourceFact
  excess: ExcessFact
}

export type Prefix = keyof FactsByPrefix
/** Kinds that are looked at when their time has come. */
export type Due = 'seen' | 'session' | 'excess'
export type Entry<Kind extends Prefix> = [key: string, fact: FactsByPrefix[Kind]]

export interface Memory {
  get<Kind extends Prefix>(kind: Kind, key: string): FactsByPrefix[Kind] | undefined
  /** In no order that means anything. */
  entries<Kind extends Prefix>(kind: Kind): Iterable<Entry<Kind>>
  /** How many of a kind a tenant has. */
  count(kind: Prefix, tenantId: string): number
  /** Those to be looked at by then, in no order that means anything. */
  due<Kind extends Due>(kind: Kind, atMicros: number): Iterable<Entry<Kind>>
}

export interface Change {
  key: string
  value: Fact | null
}

/** Most that is remembered of one tenant; what comes beyond is not watched. */
export const limitsPerTenant = {
  'no-show': 20_000,
  seen: 50_000,
  rate: 20_000,
  session: 50_000,
  source: 200,
  excess: 20_000,
} as const

export function hasRoom(
  memory: Memory,
  kind: keyof typeof limitsPerTenant,
  tenantId: string,
): boolean {
  return memory.count(kind, tenantId) < limitsPerTenant[kind]
}

export const lastTickKey = 'last-tick'

/** The same event id at another resource is another event. */
export function noShowKey(tenantId: string, resource: Resource, eventId: string): string {
  const key = resourceKey(tenantId, resource.type, resource.id)
  return `no-show/${key}/${encodeKeyPart(eventId)}`
}

export function openAlertKey(tenantId: string): string {
  return `open-alert/${encodeKeyPart(tenantId)}`
}

export function seenKey(
  tenantId: string,
  detector: RateName,
  resource: Resource,
  eventId: string,
): string {
  const event = `${encodeKeyPart(resource.type)}/${encodeKeyPart(resource.id)}/${encodeKeyPart(eventId)}`
  return `seen/${encodeKeyPart(tenantId)}/${detector}/${event}`
}

export function rateKey(tenantId: string, detector: RateName, subject: Resource | null): string {
  const key = `rate/${encodeKeyPart(tenantId)}/${detector}`
  if (subject === null) return key
  return `${key}/${encodeKeyPart(subject.type)}/${encodeKeyPart(subject.id)}`
}

/** `what`: the detector, or the source. */
export function usualKey(tenantId: string, what: string, day: number): string {
  return `usual/${encodeKeyPart(tenantId)}/${encodeKeyPart(what)}/${day}`
}

/** Reads each day of what is usual at most once. */
export function usualDays(memory: Memory, tenantId: string, what: string): ReadDay {
  const days = new Map<number, DayFact | undefined>()
  return day => {
    if (!days.has(day)) days.set(day, memory.get('usual', usualKey(tenantId, what, day)))
    return days.get(day)
  }
}

export function sessionKey(tenantId: string, resource: Resource): string {
  return `session/${resourceKey(tenantId, resource.type, resource.id)}`
}

export function excessKey(tenantId: string, resource: Resource, currency: string): string {
  return `excess/${resourceKey(tenantId, resource.type, resource.id)}/${encodeKeyPart(currency)}`
}

export function sourceKey(tenantId: string, source: string): string {
  return `source/${encodeKeyPart(tenantId)}/${encodeKeyPart(source)}`
}

/** In the place of a tick's time. */
export const beforeAnyTick = 0

export function recallLastTick(memory: Memory): number | null {
  return memory.get('last-tick', lastTickKey)?.tickAt ?? null
}
