// Alerting under faults: every event that detectors watch has its signal, once; what the ledger tells comes
// from an entry; no signal is refused; no tick is ahead of its time; alerts open before they resolve.

import type { AlertSignal } from '@fleet/contracts'

import { byOrigin, strays } from './by-origin.ts'
import type { Output } from './by-origin.ts'
import type { Evidence, Found } from './evidence.ts'
import { at, isAhead } from './violation.ts'
import type { Violation } from './violation.ts'

const watchedByAlerting: ReadonlySet<string> = new Set([
  'reservation.no_show',
  'violation.disputed',
  'vehicle.signal_failed',
  'vehicle.command_failed',
  ...['checkin_started', 'active', 'extended', 'checkout_started'].map(
    of => `rental_session.${of}`,
  ),
  ...['completed', 'canceled', 'expired'].map(of => `rental_session.${of}`),
])

export function judgeSignals({ events, signals, alerts, letters, entries }: Evidence): Violation[] {
  const violations: Violation[] = []
  const routed: (Found<Evidence['signals'][number]['value']> & Output)[] = []
  const ticks = new Map<number, number>()
  for (const signal of signals) {
    const { origin, tick_at, entry_id: entryId } = signal.value
    // The ledger's own: see judgeExcesses.
    if (entryId !== null) continue
    if (origin !== null) routed.push({ ...signal, origin })
    if (tick_at === null) continue
    if (tick_at <= (ticks.get(signal.partition) ?? 0)) {
      violations.push({ rule: 'repeated', where: at(signal), detail: 'a tick that was there' })
    }
    if (isAhead(tick_at, signal.appendedAtMs)) {
      violations.push({ rule: 'wrong', where: at(signal), detail: 'a tick ahead of its time' })
    }
    ticks.set(signal.partition, tick_at)
  }
  const found = byOrigin(routed, violations, 'by origin')
  for (const event of events) {
    const isWatched = watchedByAlerting.has(event.value.event_type) && event.value.mode === 'LIVE'
    const signal = found.get(at(event))
    found.delete(at(event))
    if (isWatched === (signal !== undefined)) continue
    const detail = isWatched ? 'no alert signal' : 'an alert signal for nothing'
    violations.push({ rule: isWatched ? 'torn' : 'wrong', where: at(event), detail })
  }
  for (const stage of ['alerting-router', 'alerting-sink'] as const) {
    for (const { value } of letters.get(stage) ?? []) {
      const detail = `${stage} dead-lettered it as ${value.error_code}: ${value.error_message}`
      violations.push({ rule: 'wrong', where: at(value.origin), detail })
    }
  }
  return [
    ...violations,
    ...strays(found.values()),
    ...judgeExcesses(signals, entries),
    ...judgeAlerts(alerts),
  ]
}

/** What the ledger tells alerting comes from an entry of its own, one signal of an entry at most. */
function judgeExcesses(
  signals: readonly Found<AlertSignal>[],
  entries: Evidence['entries'],
): Violation[] {
  const booked = new Map(entries.map(({ value }) => [value.entry_id, value]))
  const told = new Set<string>()
  return signals.flatMap((signal): Violation[] => {
    const { entry_id: id, origin } = signal.value
    if (id === null) return []
    const where = at(signal)
    const entry = booked.get(id)
    if (entry === undefined || origin === null || at(entry.origin) !== at(origin)) {
      return [{ rule: 'torn', where, detail: `tells of the entry ${id}, which is not there` }]
    }
    const name = `${id} ${at(origin)}`
    if (told.has(name)) return [{ rule: 'repeated', where, detail: `tells of ${id} once more` }]
    told.add(name)
    return []
  })
}

/** OPEN, UPDATED…, RESOLVED, at ticks that only go forward. */
function judgeAlerts(alerts: Evidence['alerts']): Violation[] {
  const violations: Violation[] = []
  const last = new Map<string, { status: string; time: number }>()
  for (const alert of alerts) {
    const { dedup_key: name, status, event_time: time } = alert.value
    const before = last.get(name)
    const isOpen = before !== undefined && before.status !== 'RESOLVED'
    const isInOrder = time > (before?.time ?? 0) && (status === 'OPEN') !== isOpen
    if (!isInOrder) {
      const detail = `${status} after ${before?.status ?? 'nothing'}`
      violations.push({ rule: 'misordered', where: at(alert), detail })
    }
    last.set(name, { status, time })
  }
  return violations
}
