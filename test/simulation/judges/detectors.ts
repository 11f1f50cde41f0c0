// The detectors beside the no-show spike. A plain model says what repeated failures must alarm; and all
// alerts, of whatever detector, must be what a sink that never failed makes of the signals as they stand.
// Each live event is counted once in what the router says of its source.

import { domains, topics } from '@fleet/contracts'
import type { Alert, AlertSignal } from '@fleet/contracts'
import { driveStage } from '@fleet/stage'

import { alertingSink } from '../../../services/alerting-sink/src/index.ts'
import { detectors } from '../world/declarations.ts'
import { signalsOf } from './alerts.ts'
import type { History, Violation } from './history.ts'

const minute = 60 * 1_000_000
const piece = 5 * minute
const windowMicros = 60 * minute
const quietMicros = 30 * minute
const countedMicros = 180 * minute
const threshold = 5
/** After every tick: `signalsOf` has cut off those that were ahead. */
const lateMs = 4_000_000_000_000

export function judgeDetectors(history: History): Violation[] {
  const violations = judgeActivity(history)
  for (let partition = 0; partition < history.partitions; partition++) {
    const is = history
      .committed(topics.alerting, partition)
      .flatMap(entry => history.value<Alert>(topics.alerting, entry) ?? [])
    const taken = history.positions('alerting-sink', partition)[topics.alertSignals.name] ?? 0
    const signals = signalsOf(history, partition, taken)
    const again = replayed(signals, partition, history.partitions)
    violations.push(
      ...differences(`alerts of ${partition} again`, is.map(inShort), again.map(inShort)),
    )
    const failures = is.filter(({ detector }) => detector === 'command-failures').map(inShort)
    violations.push(...differences(`failures of ${partition}`, failures, failuresOf(signals)))
  }
  return violations
}

function differences(what: string, is: readonly string[], must: readonly string[]): Violation[] {
  const length = Math.max(is.length, must.length)
  const at = Array.from({ length }, (_, index) => index).find(index => is[index] !== must[index])
  if (at === undefined) return []
  const detail = `${what}: number ${at} is ${is[at]}, must be ${must[at]}; ${is.length} of ${must.length}`
  return [{ rule: is.length < must.length ? 'lost-write' : 'wrong-alerts', detail }]
}

function inShort({ status, dedup_key: key, event_time: time, observed }: Alert): string {
  return [status, key, time, observed].join(' ')
}

function replayed(
  signals: readonly AlertSignal[],
  partition: number,
  partitionCount: number,
): Alert[] {
  const sink = driveStage(alertingSink({ detectors }), { partition, partitionCount })
  return signals.flatMap(value => {
    const { emit } = sink.pipe(topics.alertSignals, { key: '', value, timestampMs: lateMs })
    return emit.map(({ value: alert }) => alert as Alert)
  })
}

type Add = (tenant: string, source: string, count: number) => void

/** What was said of the sources and what is still to be said come to the live events that were taken. */
function judgeActivity(history: History): Violation[] {
  const counts = new Map<string, number>()
  const add: Add = (tenant, source, count) => {
    const name = `${tenant} ${source}`
    counts.set(name, (counts.get(name) ?? 0) + count)
  }
  for (const entry of history.allCommitted(topics.alertSignals)) {
    const signal = history.value<AlertSignal>(topics.alertSignals, entry)
    if (signal?.kind === 'ACTIVITY') add(signal.tenant_id, signal.source ?? '', signal.count ?? 0)
  }
  for (let partition = 0; partition < history.partitions; partition++) {
    addHeard(history, partition, add)
    subtractTaken(history, partition, add)
  }
  return [...counts]
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => ({
      rule: count < 0 ? 'lost-write' : 'duplicate',
      detail: `activity of ${name} is ${count} events off`,
    }))
}

/** What the router still has to say. */
function addHeard(history: History, partition: number, add: Add): void {
  const heard = new Map<string, string | null>()
  for (const { record } of history.committed(topics.changelogs['alerting-router'], partition)) {
    const key = record.key?.toString('utf8') ?? ''
    if (key.startsWith('heard/')) heard.set(key, record.value?.toString('utf8') ?? null)
  }
  for (const text of heard.values()) {
    if (text === null) continue
    const { tenantId, source, count } = JSON.parse(text) as Heard
    add(tenantId, source, count)
  }
}

function subtractTaken(history: History, partition: number, add: Add): void {
  const positions = history.positions('alerting-router', partition)
  for (const domain of domains) {
    const topic = topics.events[domain]
    for (const entry of history.committed(topic, partition)) {
      if (entry.record.offset >= (positions[topic.name] ?? 0)) continue
      const event = history.value<LiveEvent>(topic, entry)
      if (event?.mode === 'LIVE') add(event.tenant_id, event.source, -1)
    }
  }
}

interface Heard {
  readonly tenantId: string
  readonly source: string
  readonly count: number
}

interface LiveEvent {
  readonly mode: string
  readonly tenant_id: string
  readonly source: string
}

interface Subject {
  readonly name: string
  readonly at: number[]
  open: { reported: number; calmSince: number | null } | null
}

/** Repeated failures, one line per alert. */
function failuresOf(signals: readonly AlertSignal[]): string[] {
  const subjects = new Map<string, Subject>()
  const seen = new Map<string, number>()
  const alerts: string[] = []
  let lastTick: number | null = null
  for (const signal of signals) {
    const { tick_at: tick, effective_at: at, event_type: type } = signal
    if (tick !== null) {
      if (lastTick !== null && tick <= lastTick) continue
      for (const [id, forgetAt] of seen) if (forgetAt <= tick) seen.delete(id)
      const names = [...subjects.keys()].toSorted()
      for (const name of names) {
        const subject = subjects.get(name)
        if (subject !== undefined) alerts.push(...onTick(subject, tick))
      }
      lastTick = tick
      continue
    }
    if (type !== 'vehicle.signal_failed' && type !== 'vehicle.command_failed') continue
    if (at === null || (lastTick !== null && at <= lastTick - countedMicros)) continue
    const { id, name } = namesOf(signal)
    if (seen.has(id)) continue
    seen.set(id, at + countedMicros)
    const subject = subjects.get(name) ?? { name, at: [], open: null }
    subjects.set(name, subject)
    subject.at.push(Math.floor(at / piece) * piece)
  }
  return alerts
}

function namesOf(signal: AlertSignal): { id: string; name: string } {
  const { resource, vehicle_id: vehicle, tenant_id: tenant, event_id: event } = signal
  const of = vehicle === null ? `${resource?.type}/${resource?.id}` : `vehicle/${vehicle}`
  return {
    id: JSON.stringify([tenant, resource?.type, resource?.id, event]),
    name: `${tenant}:${of}`,
  }
}

function onTick(subject: Subject, tick: number): string[] {
  const { open } = subject
  const count = subject.at.filter(at => at > tick - windowMicros && at <= tick).length
  const say = (status: string): string[] => [
    [status, `command-failures:${subject.name}`, tick, count].join(' '),
  ]
  if (open === null) {
    if (count < threshold) return []
    subject.open = { reported: count, calmSince: null }
    return say('OPEN')
  }
  if (count < threshold / 2) {
    open.calmSince ??= tick
    if (tick - open.calmSince < quietMicros || open.calmSince === tick) return []
    subject.open = null
    return say('RESOLVED')
  }
  open.calmSince = null
  if (count < open.reported * 2) return []
  open.reported = count
  return say('UPDATED')
}
