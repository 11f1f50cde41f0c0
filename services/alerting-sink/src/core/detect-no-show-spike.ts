// The no-show detector: remembers events as they come and decides at ticks only. The order in which
// events and repetitions arrived between two ticks therefore makes no difference.

import type { Alert, AlertSignal } from '@fleet/contracts'

import { densestWindow } from './densest-window.ts'
import { eventIdsMax, noShowSpike } from './detectors.ts'
import { hasRoom, noShowKey, openAlertKey, recallLastTick } from './memory.ts'
import type { Change, Memory, NoShowFact, OpenAlertFact } from './memory.ts'
import { spikeAlert } from './spike-alert.ts'
import { compareText } from './ticking.ts'
import type { Outcome } from './ticking.ts'

export function rememberNoShow(memory: Memory, signal: AlertSignal): Change[] {
  const { tenant_id: tenantId, resource, event_id: eventId, effective_at: effectiveAt } = signal
  if (signal.event_type !== noShowSpike.eventType) return []
  if (resource === null || eventId === null || effectiveAt === null) return []
  const key = noShowKey(tenantId, resource, eventId)
  if (memory.get('no-show', key) !== undefined) return []
  const lastTick = recallLastTick(memory)
  if (lastTick !== null && effectiveAt <= lastTick - noShowSpike.keptMicros) return []
  if (!hasRoom(memory, 'no-show', tenantId)) return []
  const arrivedAfter = lastTick ?? 0
  const value: NoShowFact = { kind: 'no_show', tenantId, eventId, effectiveAt, arrivedAfter }
  return [{ key, value }]
}

interface TenantView {
  tenantId: string
  /** Those within the kept time before the tick, in no order. */
  noShows: Entry[]
  open: OpenAlertFact | null
}

type Entry = [key: string, fact: NoShowFact]

export function judgeNoShows(memory: Memory, tickAt: number): Outcome {
  const changes: Change[] = []
  const tenants = new Map<string, TenantView>()
  const viewOf = (tenantId: string): TenantView => {
    const view = tenants.get(tenantId) ?? { tenantId, noShows: [], open: null }
    tenants.set(tenantId, view)
    return view
  }
  for (const [, fact] of memory.entries('open-alert')) viewOf(fact.tenantId).open = fact
  for (const [key, fact] of memory.entries('no-show')) {
    const age = tickAt - fact.effectiveAt
    if (age >= noShowSpike.keptMicros) changes.push({ key, value: null })
    // Effective times may lie ahead of the tick by the skew: they count when their time has come.
    else if (age >= 0) viewOf(fact.tenantId).noShows.push([key, fact])
  }

  const alerts: Alert[] = []
  for (const view of [...tenants.values()].toSorted(byTenant)) {
    const judgement = judgeTenant(view, tickAt)
    if (judgement.alert !== null) alerts.push(judgement.alert)
    for (const change of judgement.changes) changes.push(change)
  }
  return { alerts, changes }
}

interface Judgement {
  alert: Alert | null
  changes: readonly Change[]
}

function judgeTenant(view: TenantView, tickAt: number): Judgement {
  const { tenantId, open } = view
  const window = densestOf(view.noShows)
  const count = window.length
  const key = openAlertKey(tenantId)
  const facts = { tenantId, tickAt, count, ...spanOf(window, tickAt) }
  if (open === null) {
    if (count < noShowSpike.threshold) return { alert: null, changes: [] }
    const value: OpenAlertFact = { kind: 'open_alert', tenantId, openedAt: tickAt, count }
    return {
      alert: spikeAlert({ ...facts, status: 'OPEN', openedAt: tickAt }),
      changes: [{ key, value }],
    }
  }
  const { openedAt } = open
  if (isQuiet(view, tickAt)) {
    // What this alert was about must not open the next one: its events are forgotten with it.
    const forgotten = view.noShows.map(([noShow]) => ({ key: noShow, value: null }))
    const nothingLeft = { ...facts, count: 0, ...spanOf([], tickAt) }
    return {
      alert: spikeAlert({ ...nothingLeft, status: 'RESOLVED', openedAt }),
      changes: [{ key, value: null }, ...forgotten],
    }
  }
  if (count === open.count) return { alert: null, changes: [] }
  return {
    alert: count > open.count ? spikeAlert({ ...facts, status: 'UPDATED', openedAt }) : null,
    changes: [{ key, value: { ...open, count } }],
  }
}

/** Nothing happened and nothing arrived for a whole window of ticks. */
function isQuiet({ noShows }: TenantView, tickAt: number): boolean {
  return noShows.every(
    ([, { effectiveAt, arrivedAfter }]) =>
      tickAt - Math.max(effectiveAt, arrivedAfter) >= noShowSpike.windowMicros,
  )
}

/** Deliveries may be late, and a spike of half an hour ago is one all the same. */
function densestOf(noShows: readonly Entry[]): Entry[] {
  const ordered = noShows.toSorted(
    ([keyA, a], [keyB, b]) => a.effectiveAt - b.effectiveAt || compareText(keyA, keyB),
  )
  const timeAt = (position: number): number => ordered[position]?.[1].effectiveAt ?? Infinity
  const { from, to } = densestWindow(ordered.length, timeAt, noShowSpike.windowMicros)
  return ordered.slice(from, to)
}

function spanOf(
  window: readonly Entry[],
  tickAt: number,
): { windowEnd: number; eventIds: string[] } {
  return {
    windowEnd: window.at(-1)?.[1].effectiveAt ?? tickAt,
    eventIds: window.slice(-eventIdsMax).map(([, { eventId }]) => eventId),
  }
}

function byTenant(a: TenantView, b: TenantView): number {
  return compareText(a.tenantId, b.tenantId)
}
