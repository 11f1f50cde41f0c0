// Alerting: every live event that some detector takes became one signal, and the no-show alerts are exactly
// those that a plain model raises from the signals as they stand. The ticks among them are judged in
// ticks.ts, the other detectors in detectors.ts.

import { partitionOf, topics } from '@fleet/contracts'
import type { Alert, AlertSignal, Topic } from '@fleet/contracts'

import { placeOf } from './history.ts'
import type { History, Violation } from './history.ts'

const watched: ReadonlyMap<Topic, readonly string[]> = new Map([
  [topics.events.reservation, ['reservation.no_show']],
  [topics.events.violation, ['violation.disputed']],
  [topics.events.vehicle, ['vehicle.signal_failed', 'vehicle.command_failed']],
  [
    topics.events.rental_session,
    [
      'checkin_started',
      'active',
      'extended',
      'checkout_started',
      'completed',
      'canceled',
      'expired',
    ].map(action => `rental_session.${action}`),
  ],
])

const minute = 60 * 1_000_000
const windowMicros = 15 * minute
const keptMicros = 60 * minute
const threshold = 5

export function judgeAlerts(history: History): Violation[] {
  const violations: Violation[] = [...judgeSignals(history)]
  for (let partition = 0; partition < history.partitions; partition++) {
    const is = history
      .committed(topics.alerting, partition)
      .flatMap(entry => history.value<Alert>(topics.alerting, entry) ?? [])
      .filter(({ detector }) => detector === 'no-show-spike')
      .map(alert => [alert.status, alert.tenant_id, alert.event_time, alert.observed].join(' '))
    // The stages are stopped while the clock ticks on: the last ticks may not be taken yet.
    const taken = history.positions('alerting-sink', partition)[topics.alertSignals.name] ?? 0
    const must = alertsOf(signalsOf(history, partition, taken))
    if (is.join() === must.join()) continue
    const at = must.findIndex((alert, index) => alert !== is[index])
    const detail = `alerts of ${partition}: number ${at} is ${is[at]}, must be ${must[at]}; ${is.length} of ${must.length}`
    violations.push({ rule: is.length < must.length ? 'lost-write' : 'wrong-alerts', detail })
  }
  return violations
}

/** With the times that are believed: five minutes ahead of the broker at most. */
export function signalsOf(history: History, partition: number, upTo: number): AlertSignal[] {
  return history
    .committed(topics.alertSignals, partition)
    .filter(({ record }) => record.offset < upTo)
    .flatMap(entry => {
      const signal = history.value<AlertSignal>(topics.alertSignals, entry)
      if (signal === null) return []
      const latest = entry.record.timestampMs * 1000 + 5 * minute
      const { kind, tick_at: tick, effective_at: at } = signal
      if (kind === 'TICK' && tick !== null) return { ...signal, tick_at: Math.min(tick, latest) }
      if (kind === 'ACTIVITY' && at !== null) {
        return { ...signal, effective_at: Math.min(at, latest) }
      }
      return signal
    })
}

function judgeSignals(history: History): Violation[] {
  const violations: Violation[] = []
  const complain = (rule: string, detail: string): void => {
    violations.push({ rule, detail: `signals: ${detail}` })
  }
  const signals = new Map<string, { tenant: string; partition: number }>()
  for (const entry of history.allCommitted(topics.alertSignals)) {
    const signal = history.value<AlertSignal>(topics.alertSignals, entry)
    if (signal?.kind !== 'EVENT' || signal.origin === null) continue
    const place = placeOf(signal.origin)
    if (signals.has(place)) complain('duplicate', place)
    signals.set(place, { tenant: signal.tenant_id, partition: entry.record.partition })
  }
  for (const [topic, types] of watched) {
    for (const entry of history.allCommitted(topic)) {
      const event = history.value<WatchedEvent>(topic, entry)
      if (event === null || !types.includes(event.event_type) || event.mode === 'TEST') continue
      const place = placeOf(entry.record)
      const signal = signals.get(place)
      signals.delete(place)
      if (signal === undefined) complain('lost-write', `no signal of ${place}`)
      else if (signal.partition !== partitionOf(event.tenant_id, history.partitions)) {
        complain('misordered', `${place} is on ${signal.partition}`)
      }
    }
  }
  for (const place of signals.keys()) complain('aborted-read', `a signal of ${place}`)
  return violations
}

interface WatchedEvent {
  readonly event_type: string
  readonly mode: string
  readonly tenant_id: string
}

interface NoShow {
  readonly id: string
  readonly at: number
  /** The last tick before it came. */
  readonly cameAfter: number
}

interface Tenant {
  noShows: NoShow[]
  open: { count: number } | null
}

/** One line per alert, in order. */
function alertsOf(signals: readonly AlertSignal[]): string[] {
  const tenants = new Map<string, Tenant>()
  const alerts: string[] = []
  let lastTick: number | null = null
  for (const signal of signals) {
    const { tick_at: tick, effective_at: at } = signal
    if (tick !== null) {
      if (lastTick !== null && tick <= lastTick) continue
      const names = [...tenants.keys()].toSorted()
      for (const name of names) {
        const tenant = tenants.get(name)
        if (tenant !== undefined) alerts.push(...onTick(name, tenant, tick))
      }
      lastTick = tick
      continue
    }
    if (signal.event_type !== 'reservation.no_show') continue
    if (at === null || (lastTick !== null && at <= lastTick - keptMicros)) continue
    const { resource, event_id } = signal
    const id = JSON.stringify([resource?.type, resource?.id, event_id])
    const tenant = tenants.get(signal.tenant_id) ?? { noShows: [], open: null }
    tenants.set(signal.tenant_id, tenant)
    if (tenant.noShows.some(noShow => noShow.id === id)) continue
    tenant.noShows.push({ id, at, cameAfter: lastTick ?? 0 })
  }
  return alerts
}

function onTick(name: string, tenant: Tenant, tick: number): string[] {
  tenant.noShows = tenant.noShows.filter(({ at }) => tick - at < keptMicros)
  const counted = tenant.noShows.filter(({ at }) => at <= tick)
  const counts = counted.map(
    ({ at: end }) => counted.filter(({ at }) => at <= end && at > end - windowMicros).length,
  )
  const count = Math.max(0, ...counts)
  const say = (status: string, observed: number): string[] => [
    [status, name, tick, observed].join(' '),
  ]
  if (tenant.open === null) {
    if (count < threshold) return []
    tenant.open = { count }
    return say('OPEN', count)
  }
  const isQuiet = counted.every(
    ({ at, cameAfter }) => tick - Math.max(at, cameAfter) >= windowMicros,
  )
  if (isQuiet) {
    tenant.open = null
    tenant.noShows = tenant.noShows.filter(noShow => !counted.includes(noShow))
    return say('RESOLVED', 0)
  }
  const grew = count > tenant.open.count
  tenant.open = { count }
  return grew ? say('UPDATED', count) : []
}
