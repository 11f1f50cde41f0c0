// The no-show alert of the demo's tenant. One dedup key for all runs: a run opens it, raises it, or finds
// it open from a run before; in each case it must be open after the tick that saw this run's no-shows.

import type { Alert, AlertSignal, Coordinates } from '@fleet/contracts'
import { parseTime } from '@fleet/sources'
import type { Evidence, Fact } from './evidence.ts'
import { placeOf } from './run-index.ts'

const eventType = 'reservation.no_show'

function dedupKeyOf(tenantId: string): string {
  return `no-show-spike:${tenantId}`
}

interface NoShow {
  at: Coordinates
  effectiveAt: number
}

/** This run's no-shows that count: tests do not. */
function noShowsOf({ events }: Evidence): NoShow[] {
  return events
    .filter(({ value }) => value.event.event_type === eventType && value.event.mode === 'LIVE')
    .map(({ at, value }) => ({ at, effectiveAt: value.event.effective_at }))
}

/** The signals the router made of this run's no-shows. */
function noShowSignalsOf(evidence: Evidence): Fact<AlertSignal>[] {
  const places = new Set(noShowsOf(evidence).map(({ at }) => placeOf(at)))
  return evidence.signals.filter(
    ({ value }) => value.origin !== null && places.has(placeOf(value.origin)),
  )
}

/** The first tick at which the detector sees all of this run's no-shows; null: not written yet. */
export function decidingTick(evidence: Evidence): Fact<AlertSignal> | null {
  const signals = noShowSignalsOf(evidence)
  const noShows = noShowsOf(evidence)
  if (signals.length === 0 || signals.length < noShows.length) return null
  const partition = signals[0]?.at.partition
  const behind = Math.max(...signals.map(({ at }) => at.offset))
  const newest = Math.max(...noShows.map(({ effectiveAt }) => effectiveAt))
  const ticks = evidence.signals.filter(
    ({ at, value }) =>
      value.kind === 'TICK' &&
      at.partition === partition &&
      at.offset > behind &&
      (value.tick_at ?? 0) >= newest,
  )
  return ticks.toSorted((a, b) => a.at.offset - b.at.offset)[0] ?? null
}

/** The alert as its newest record has it; null: there never was one. */
export function noShowAlert(evidence: Evidence, tenantId: string): Alert | null {
  const key = dedupKeyOf(tenantId)
  const records = evidence.alerts.filter(({ value }) => value.dedup_key === key)
  return records.toSorted((a, b) => b.at.offset - a.at.offset)[0]?.value ?? null
}

/** One more than it takes to open the alert. */
const noShowCountMin = 6
const noShowCountMax = 60
/** Well within the detector's fifteen minutes: what is younger counts together with ours. */
const togetherMicros = 13 * 60_000_000

/**
 * How many no-shows a run needs for its alert to be seen. One that has long been open is raised only by
 * more than it counted so far.
 */
export function noShowCountFor(alert: Alert | null, nowMs: number): number {
  if (alert === null || alert.status === 'RESOLVED') return noShowCountMin
  const openedAt = parseTime(alert.details['opened_at'] ?? null) ?? 0
  if (openedAt > nowMs * 1000 - togetherMicros) return noShowCountMin
  return Math.max(noShowCountMin, Math.min(alert.observed + 1, noShowCountMax))
}

export function judgeNoShowAlert(evidence: Evidence, tenantId: string): string[] {
  const complaints: string[] = []
  for (const { at } of noShowsOf(evidence)) {
    const count = noShowSignalsOf(evidence).filter(
      ({ value }) => value.origin !== null && placeOf(value.origin) === placeOf(at),
    ).length
    if (count !== 1) complaints.push(`${placeOf(at)} has ${count} alert signals, must be 1`)
  }
  const alert = noShowAlert(evidence, tenantId)
  const key = dedupKeyOf(tenantId)
  if (alert === null) complaints.push(`there is no alert ${key}`)
  else if (alert.status === 'RESOLVED')
    complaints.push(`the alert ${key} is RESOLVED, must be open`)
  return complaints
}
