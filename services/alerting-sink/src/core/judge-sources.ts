// Silent source: nothing has come for longer than chance explains at this hour of the week. Counted are
// minutes in which something came, so that bursts of one moment do not make a source look busier.

import { microsPerHour } from '@fleet/contracts'
import type { Alert, AlertSignal } from '@fleet/contracts'

import { buildAlert } from './build-alert.ts'
import type { AlertStatus } from './build-alert.ts'
import type { DetectorSettings } from './detector-settings.ts'
import { forgottenMicros, microsPerMinute } from './detectors.ts'
import { hasRoom, sourceKey, usualDays, usualKey } from './memory.ts'
import type { Change, Memory, SourceFact } from './memory.ts'
import { dayOfWeek, daysOfWeek, hourOf, hoursPerWeek, learnHour, usualOf } from './seasonal.ts'
import type { ReadDay } from './seasonal.ts'
import { ordered } from './ticking.ts'
import type { Outcome, Tick } from './ticking.ts'

/** The last day tells how busy a source is at present, and the hour to learn is among them. */
const hoursKept = 27
const levelHours = 24
/** A source is taken for at least this much of what is usual: an outage must not excuse itself. */
const levelMin = 0.25

/** Something came from a source in the minute of the signal. */
export function hearSource(memory: Memory, signal: AlertSignal): Change[] {
  const { tenant_id: tenantId, source, effective_at: at } = signal
  if (source === null || at === null) return []
  const key = sourceKey(tenantId, source)
  const known = memory.get('source', key)
  if (known === undefined && !hasRoom(memory, 'source', tenantId)) return []
  const minute = Math.floor(at / microsPerMinute)
  const fact = known ?? newSource(tenantId, source, at)
  if (minute <= fact.lastMinute) return []
  const hour = hourOf(at)
  const hours = new Map(fact.hours.filter(([from]) => from > hour - hoursKept))
  hours.set(hour, (hours.get(hour) ?? 0) + 1)
  const open = fact.open === null ? null : { ...fact.open, resumed: fact.open.resumed + 1 }
  return [
    {
      key,
      value: {
        ...fact,
        silentFrom: at,
        lastMinute: minute,
        hours: [...hours],
        open,
        isGivenUp: false,
      },
    },
  ]
}

function newSource(tenantId: string, source: string, at: number): SourceFact {
  const nothing = {
    lastMinute: 0,
    spread: 1,
    spreadHours: 0,
    hours: [],
    open: null,
    isGivenUp: false,
  }
  return { kind: 'source', tenantId, source, since: at, silentFrom: at, ...nothing }
}

export function judgeSources(memory: Memory, tick: Tick, settings: DetectorSettings): Outcome {
  const alerts: Alert[] = []
  const changes: Change[] = []
  for (const [key, known] of ordered(memory.entries('source'))) {
    // Nothing is concluded from time that was not watched.
    const watched = tick.endsGap
      ? { ...known, silentFrom: Math.max(known.silentFrom, tick.at) }
      : known
    const read = usualDays(memory, known.tenantId, usualName(known))
    const { fact, changes: learned } = learn(read, watched, tick)
    for (const change of learned) changes.push(change)
    const { status, next, missing } = judge(read, fact, tick.at, settings)
    if (status !== null) {
      alerts.push(alertOf(next.open === null ? fact : next, status, missing, tick.at, settings))
    }
    if (isOver(next, tick.at, settings)) for (const change of forget(next)) changes.push(change)
    else if (next !== known) changes.push({ key, value: next })
  }
  return { alerts, changes }
}

function usualName({ source }: SourceFact): string {
  return `source:${source}`
}

interface Judged {
  status: AlertStatus | null
  next: SourceFact
  /** Minutes with something in them that chance would have brought. */
  missing: number
}

function judge(read: ReadDay, fact: SourceFact, at: number, all: DetectorSettings): Judged {
  const settings = all.of('silent-source', fact.tenantId)
  const { open } = fact
  const nothing: Judged = { status: null, next: fact, missing: 0 }
  if (open !== null) {
    const isGivenUp = at - open.openedAt >= settings.give_up_hours * microsPerHour
    if (open.resumed >= settings.resume_minutes || isGivenUp || !settings.enabled) {
      const isHeard = open.resumed >= settings.resume_minutes
      return { status: 'RESOLVED', next: { ...fact, open: null, isGivenUp: !isHeard }, missing: 0 }
    }
  }
  const from = open?.since ?? fact.silentFrom
  if (at - from < settings.silent_minutes_min * microsPerMinute) return nothing
  if (open === null && (!settings.enabled || fact.isGivenUp)) return nothing
  const expected = missingBetween(read, fact, from, at, settings.weeks_min)
  const missing = round(surpriseOf(expected, settings.uncertainty))
  if (open === null) {
    if (missing < settings.surprise) return nothing
    const opened = { openedAt: at, since: from, reported: missing, resumed: 0 }
    return { status: 'OPEN', next: { ...fact, open: opened }, missing }
  }
  if (missing < open.reported * settings.update_factor) return nothing
  return { status: 'UPDATED', next: { ...fact, open: { ...open, reported: missing } }, missing }
}

/**
 * Sum over the silent time of −60·ln(1 − m/60) an hour, m being the usual minutes with something in them:
 * were arrivals independent, the chance of such a silence would be e to the minus that.
 */
function missingBetween(
  read: ReadDay,
  fact: SourceFact,
  from: number,
  to: number,
  weeksMin: number,
): number {
  let sum = 0
  for (let hour = hourOf(from); hour * microsPerHour < to; hour++) {
    const usual = usualOf(read, hour, weeksMin)
    if (usual === null) continue
    const share =
      (Math.min(to, (hour + 1) * microsPerHour) - Math.max(from, hour * microsPerHour)) /
      microsPerHour
    sum += share * -60 * Math.log(1 - Math.min(usual, 59) / 60)
  }
  if (sum === 0) return 0
  return (sum * levelOf(read, fact, hourOf(from), weeksMin)) / Math.max(1, fact.spread)
}

/**
 * −ln of the chance that nothing comes where so much is expected and the expectation itself is uncertain:
 * a Poisson count whose rate is spread like a gamma distribution with this variance, relative to its mean.
 */
function surpriseOf(expected: number, uncertainty: number): number {
  return Math.log1p(uncertainty * expected) / uncertainty
}

/** How much of what is usual came in the day before the silence: a holiday is not an outage. */
function levelOf(read: ReadDay, fact: SourceFact, until: number, weeksMin: number): number {
  let usual = 0
  for (let hour = until - levelHours; hour < until; hour++) {
    usual += usualOf(read, hour, weeksMin) ?? 0
  }
  if (usual < 1) return 1
  let came = 0
  for (const [hour, minutes] of fact.hours) {
    if (hour >= until - levelHours && hour < until) came += minutes
  }
  return Math.min(1, Math.max(levelMin, came / usual))
}

interface Learned {
  fact: SourceFact
  changes: readonly Change[]
}

function learn(read: ReadDay, fact: SourceFact, { learnedHour: hour }: Tick): Learned {
  const nothing: Learned = { fact, changes: [] }
  if (hour === null || hour <= hourOf(fact.since)) return nothing
  // A silence that alarms is not what is usual.
  if (fact.open !== null && hour >= hourOf(fact.open.since)) return nothing
  const minutes = Math.min(fact.hours.find(([from]) => from === hour)?.[1] ?? 0, 60)
  const day = dayOfWeek(hour)
  const key = usualKey(fact.tenantId, usualName(fact), day)
  const change = { key, value: learnHour(fact.tenantId, read(day), hour, minutes) }
  const usual = usualOf(read, hour, 1)
  return { fact: usual === null ? fact : withSpread(fact, usual, minutes), changes: [change] }
}

function withSpread(fact: SourceFact, usual: number, minutes: number): SourceFact {
  const spreadHours = Math.min(fact.spreadHours + 1, hoursPerWeek)
  const now = (minutes - usual) ** 2 / Math.max(usual, 1)
  const spread = round(fact.spread + (now - fact.spread) / spreadHours)
  return { ...fact, spread, spreadHours }
}

function isOver(fact: SourceFact, at: number, all: DetectorSettings): boolean {
  if (fact.open !== null) return false
  const giveUp = all.of('silent-source', fact.tenantId).give_up_hours * microsPerHour
  return at - fact.silentFrom >= Math.max(giveUp, forgottenMicros)
}

function forget(fact: SourceFact): Change[] {
  const { tenantId, source } = fact
  const keys = [
    sourceKey(tenantId, source),
    ...daysOfWeek.map(day => usualKey(tenantId, usualName(fact), day)),
  ]
  return keys.map(key => ({ key, value: null }))
}

function alertOf(
  fact: SourceFact,
  status: AlertStatus,
  missing: number,
  at: number,
  all: DetectorSettings,
): Alert {
  const { tenantId, source, open } = fact
  const settings = all.of('silent-source', tenantId)
  const since = open?.since ?? fact.silentFrom
  const minutes = Math.floor((at - since) / microsPerMinute)
  const isResumed = (open?.resumed ?? 0) >= settings.resume_minutes
  return buildAlert({
    detector: 'silent-source',
    status,
    severity: settings.severity,
    tenantId,
    subject: null,
    scope: source,
    component: 'source',
    summary:
      status === 'RESOLVED'
        ? `source ${source} of tenant ${tenantId} ${isResumed ? 'is heard again' : 'is no longer watched'}`
        : `nothing from source ${source} of tenant ${tenantId} for ${minutes} minutes`,
    windowStart: since,
    windowEnd: at,
    observed: missing,
    threshold: settings.surprise,
    tickAt: at,
    openedAt: open?.openedAt ?? at,
    eventIds: [],
    settingsVersion: all.version,
    details: {
      source,
      silent_minutes: String(minutes),
      ...(status === 'RESOLVED' ? { resolution: isResumed ? 'event' : 'given_up' } : {}),
    },
  })
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
