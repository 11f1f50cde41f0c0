// Too many of something: by a fixed number, or by what is usual at this hour of the week. An alert ends
// only when the count has stayed far below the threshold for a while, so it does not flap.

import type { Alert } from '@fleet/contracts'
import { microsPerHour } from '@fleet/contracts'

import { buildAlert } from './build-alert.ts'
import type { AlertStatus } from './build-alert.ts'
import { countWithin } from './count-event.ts'
import type { DetectorSettings, RateName, SettingsOf } from './detector-settings.ts'
import { countedMicros, forgottenMicros, microsPerMinute, rateDetectors } from './detectors.ts'
import { rateKey, usualDays, usualKey } from './memory.ts'
import type { Change, Memory, OpenRate, RateFact } from './memory.ts'
import { dayOfWeek, daysOfWeek, learnHour, usualBetween } from './seasonal.ts'
import { ordered } from './ticking.ts'
import type { Outcome, Tick } from './ticking.ts'

export function judgeRates(memory: Memory, tick: Tick, settings: DetectorSettings): Outcome {
  const alerts: Alert[] = []
  const changes: Change[] = []
  for (const [key, fact] of ordered(memory.entries('rate'))) {
    const limits = limitsOf(memory, fact, tick, settings)
    for (const change of learn(memory, fact, tick, limits)) changes.push(change)
    const judged = judge(fact, tick.at, limits)
    if (judged.status !== null) {
      alerts.push(alertOf(fact, judged.status, judged.open ?? fact.open, tick.at, limits, settings))
    }
    if (judged.open !== fact.open) changes.push({ key, value: { ...fact, open: judged.open } })
    else if (isOver(fact, tick.at)) for (const change of forget(fact)) changes.push(change)
  }
  return { alerts, changes }
}

interface Limits {
  windowFrom: number
  windowMinutes: number
  count: number
  usual: number | null
  opensAt: number
  calmBelow: number
  quietMicros: number
  updateFactor: number
}

type SeasonalSettings = SettingsOf<'dispute-volume'>

function isSeasonal(
  settings: SettingsOf<'command-failures'> | SeasonalSettings,
): settings is SeasonalSettings {
  return 'sigmas' in settings
}

function limitsOf(memory: Memory, fact: RateFact, tick: Tick, all: DetectorSettings): Limits {
  const { at } = tick
  const settings: SettingsOf<'command-failures'> | SeasonalSettings = all.of(
    fact.detector,
    fact.tenantId,
  )
  const windowFrom = at - settings.window_minutes * microsPerMinute
  const least = settings.minimum_count
  const count = countWithin(fact, windowFrom, at)
  let usual: number | null = null
  let opensAt = least
  let calmBelow = least * settings.resolve_ratio
  if (isSeasonal(settings)) {
    // Most ticks: too few to be anything, and nothing to learn.
    const matters = fact.open !== null || count >= least || tick.learnedHour !== null
    const read = usualDays(memory, fact.tenantId, fact.detector)
    usual = matters ? usualBetween(read, windowFrom, at, settings.weeks_min) : null
    const threshold =
      usual === null ? Infinity : Math.ceil(usual + settings.sigmas * Math.sqrt(Math.max(usual, 1)))
    opensAt = Math.max(least, threshold)
    if (usual !== null) calmBelow = Math.max(calmBelow, opensAt * settings.resolve_ratio, usual)
  }
  if (!settings.enabled) [opensAt, calmBelow] = [Infinity, Infinity]
  return {
    windowFrom,
    windowMinutes: settings.window_minutes,
    count,
    usual,
    opensAt,
    calmBelow,
    quietMicros: settings.quiet_minutes * microsPerMinute,
    updateFactor: settings.update_factor,
  }
}

interface Judged {
  status: AlertStatus | null
  open: OpenRate | null
}

function judge({ open }: RateFact, at: number, limits: Limits): Judged {
  const { count, opensAt, calmBelow, quietMicros, updateFactor } = limits
  if (open === null) {
    if (count < opensAt) return { status: null, open }
    return { status: 'OPEN', open: { openedAt: at, reported: count, calmSince: null } }
  }
  if (count < calmBelow) {
    if (open.calmSince === null) return { status: null, open: { ...open, calmSince: at } }
    if (at - open.calmSince < quietMicros) return { status: null, open }
    return { status: 'RESOLVED', open: null }
  }
  if (count >= open.reported * updateFactor) {
    return { status: 'UPDATED', open: { ...open, reported: count, calmSince: null } }
  }
  return { status: null, open: open.calmSince === null ? open : { ...open, calmSince: null } }
}

/** The hour that has just come to rest becomes part of what is usual, an alarming one cut off. */
function learn(memory: Memory, fact: RateFact, tick: Tick, limits: Limits): Change[] {
  const { learnedHour: hour } = tick
  if (hour === null || fact.detector === 'command-failures') return []
  const from = hour * microsPerHour
  if (from < fact.since) return []
  const count = Math.min(countWithin(fact, from - 1, from + microsPerHour - 1), limits.opensAt)
  const key = usualKey(fact.tenantId, fact.detector, dayOfWeek(hour))
  return [{ key, value: learnHour(fact.tenantId, memory.get('usual', key), hour, count) }]
}

function isOver(fact: RateFact, at: number): boolean {
  if (fact.open !== null) return false
  const kept = fact.detector === 'command-failures' ? countedMicros : forgottenMicros
  return at - Math.max(fact.lastEventAt, fact.since) >= kept
}

function forget({ tenantId, detector, subject }: RateFact): Change[] {
  const days = detector === 'command-failures' ? [] : daysOfWeek
  const keys = [
    rateKey(tenantId, detector, subject),
    ...days.map(day => usualKey(tenantId, detector, day)),
  ]
  return keys.map(key => ({ key, value: null }))
}

const summaries = new Map<RateName, string>(rateDetectors.map(({ name, what }) => [name, what]))
const components = new Map<RateName, string>(
  rateDetectors.map(({ name, component }) => [name, component]),
)

function alertOf(
  fact: RateFact,
  status: AlertStatus,
  open: OpenRate | null,
  at: number,
  limits: Limits,
  settings: DetectorSettings,
): Alert {
  const { detector, tenantId, subject } = fact
  const { count, usual, windowFrom, windowMinutes, opensAt } = limits
  const where = subject === null ? `tenant ${tenantId}` : `${subject.type} ${subject.id}`
  const what = summaries.get(detector) ?? detector
  const expected = usual === null ? '' : `, usual is ${usual.toFixed(1)}`
  const threshold = Number.isFinite(opensAt) ? opensAt : 0
  return buildAlert({
    detector,
    status,
    severity: settings.of(detector, tenantId).severity,
    tenantId,
    subject,
    component: components.get(detector) ?? detector,
    summary:
      status === 'RESOLVED'
        ? `${what} for ${where} are back to usual`
        : `${count} ${what} for ${where} within ${windowMinutes} minutes (alert at ${threshold}${expected})`,
    windowStart: windowFrom,
    windowEnd: at,
    observed: count,
    threshold,
    tickAt: at,
    openedAt: open?.openedAt ?? at,
    eventIds: fact.events
      .filter(([eventAt]) => eventAt > windowFrom && eventAt <= at)
      .map(([, eventId]) => eventId),
    settingsVersion: settings.version,
    details: {
      window_minutes: String(windowMinutes),
      ...(usual === null ? {} : { usual: usual.toFixed(2) }),
    },
  })
}
