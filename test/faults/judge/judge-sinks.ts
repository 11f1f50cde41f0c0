// Holds the outputs of the sinks and of the alerting router against the events they came from. Every
// output names its origin, so that each event must be answered for exactly once and in its order.

import { topics } from '@fleet/contracts'
import type { BillingEvent, Coordinates, CrmRecord } from '@fleet/contracts'

import { asModelEntry, LedgerModel } from '../../support/ledger-model.ts'
import type { ModelEntry } from '../../support/ledger-model.ts'
import { CrmModel } from './crm-model.ts'
import type { Evidence, Found, Place } from './evidence.ts'
import { judgeTasks } from './judge-tasks.ts'
import { at } from './violation.ts'
import type { Violation } from './violation.ts'

interface Output extends Place {
  origin: Coordinates
}

const ledgerTopics: ReadonlySet<string> = new Set([
  topics.events.billing.name,
  topics.events.violation.name,
  topics.events.incident.name,
])

export function judgeSinks(evidence: Evidence): Violation[] {
  return [
    ...judgeCrm(evidence),
    ...judgeLedger(evidence),
    ...judgeSignals(evidence),
    ...judgeTasks(evidence),
  ]
}

function judgeCrm({ events, crm, letters }: Evidence): Violation[] {
  const violations: Violation[] = []
  const model = new CrmModel()
  const originated = crm.map(one => ({ ...one, origin: one.value.origin }))
  const found = byOrigin(
    originated.filter(({ value }) => value.completed_by === null),
    violations,
  )
  const completed = byOrigin(
    originated.filter(({ value }) => value.completed_by !== null),
    violations,
    // Each stands where the customer became known, which is another time for each resource.
    'in any order',
  )
  for (const letter of letters.get('crm-sink') ?? []) {
    const detail = `dead-lettered as ${letter.value.error_code}: ${letter.value.error_message}`
    violations.push({ rule: 'wrong', where: at(letter.value.origin), detail })
  }
  for (const event of events) {
    for (const [place, wanted] of model.completions(event)) {
      violations.push(...differences('CRM completion', place, wanted, completed.get(place)))
      completed.delete(place)
    }
    const wanted = model.expect(event)
    violations.push(...differences('CRM record', at(event), wanted, found.get(at(event))))
    found.delete(at(event))
  }
  return [...violations, ...strays(found.values()), ...strays(completed.values())]
}

function differences(
  what: string,
  where: string,
  wanted: Partial<CrmRecord> | null,
  record: Found<CrmRecord> | undefined,
): Violation[] {
  if (wanted === null && record === undefined) return []
  if (wanted === null) return [{ rule: 'wrong', where, detail: `a ${what} for nothing` }]
  if (record === undefined) return [{ rule: 'torn', where, detail: `no ${what}` }]
  return Object.entries(wanted).flatMap(([field, must]) => {
    const is = record.value[field as keyof CrmRecord]
    if (is === must) return []
    const detail = `${field} is ${JSON.stringify(is)}, must be ${JSON.stringify(must)} for ${where}`
    return [{ rule: 'wrong' as const, where: at(record), detail }]
  })
}

function judgeLedger({ events, entries, letters }: Evidence): Violation[] {
  const violations: Violation[] = []
  const found = byOrigin(
    entries.map(one => ({ ...one, origin: one.value.origin })),
    violations,
  )
  const refused = byOrigin(
    (letters.get('accounting-sink') ?? []).map(one => ({ ...one, origin: one.value.origin })),
    violations,
  )
  const model = new LedgerModel()
  for (const event of events as Found<BillingEvent>[]) {
    if (!ledgerTopics.has(event.topic)) continue
    const wanted = model.take(event.key, event.value)
    const entry = found.get(at(event))
    const letter = refused.get(at(event))
    found.delete(at(event))
    refused.delete(at(event))
    const is =
      entry === undefined
        ? letter === undefined
          ? 'nothing'
          : `refused ${letter.value.error_code}`
        : entryText(asModelEntry(entry.value))
    const must =
      wanted.kind === 'entry'
        ? entryText(wanted.entry)
        : wanted.kind === 'refused'
          ? `refused ${wanted.code}`
          : 'nothing'
    if (is === must) continue
    const rule = is === 'nothing' ? 'torn' : 'wrong'
    violations.push({ rule, where: at(event), detail: `booked: ${is}, must be: ${must}` })
  }
  violations.push(...misnumbered(entries))
  violations.push(...unbalanced(entries), ...strays(found.values()), ...strays(refused.values()))
  return violations
}

function entryText(entry: ModelEntry): string {
  const text = JSON.stringify(entry, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  return `entry ${text}`
}

/** Entries are numbered from 1 in their partition: none is missing, none is there twice. */
function misnumbered(entries: Evidence['entries']): Violation[] {
  const violations: Violation[] = []
  const last = new Map<number, number>()
  for (const entry of entries) {
    const number = (last.get(entry.partition) ?? 0) + 1
    last.set(entry.partition, number)
    if (entry.value.sequence === number) continue
    const detail = `has number ${entry.value.sequence}, must be ${number}`
    violations.push({ rule: 'torn', where: at(entry), detail })
  }
  return violations
}

/** Of every entry, and of the ledger as a whole by currency. */
function unbalanced(entries: Evidence['entries']): Violation[] {
  const violations: Violation[] = []
  for (const entry of entries) {
    let balance = 0
    for (const { side, amount_minor } of entry.value.lines) {
      balance += side === 'DEBIT' ? amount_minor : -amount_minor
    }
    if (balance === 0) continue
    violations.push({ rule: 'wrong', where: at(entry), detail: `is out of balance by ${balance}` })
  }
  return violations
}

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

function judgeSignals({ events, signals, alerts }: Evidence): Violation[] {
  const violations: Violation[] = []
  const routed: (Found<Evidence['signals'][number]['value']> & Output)[] = []
  const ticks = new Map<number, number>()
  for (const signal of signals) {
    const { origin, tick_at } = signal.value
    if (origin !== null) routed.push({ ...signal, origin })
    if (tick_at === null) continue
    if (tick_at <= (ticks.get(signal.partition) ?? 0)) {
      violations.push({ rule: 'repeated', where: at(signal), detail: 'a tick that was there' })
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
  return [...violations, ...strays(found.values()), ...judgeAlerts(alerts)]
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

/**
 * Each origin once; and per output partition, the origins of one topic in their order. A router that
 * writes to another partition than its own has that order only per origin partition.
 */
function byOrigin<Record extends Output>(
  outputs: readonly Record[],
  violations: Violation[],
  order: 'by origin' | 'by partition' | 'in any order' = 'by partition',
): Map<string, Record> {
  const found = new Map<string, Record>()
  const last = new Map<string, number>()
  for (const output of outputs) {
    const { origin, topic, partition } = output
    const name = at(origin)
    if (found.has(name)) {
      violations.push({ rule: 'repeated', where: at(output), detail: `second answer to ${name}` })
    }
    found.set(name, output)
    const lane = [topic, partition, origin.topic, origin.partition].join(' ')
    if (order !== 'by origin' && origin.partition !== partition) {
      const detail = `comes from partition ${origin.partition}`
      violations.push({ rule: 'wrong', where: at(output), detail })
    }
    if (order !== 'in any order' && origin.offset < (last.get(lane) ?? -1)) {
      const detail = `${name} stands behind a later record`
      violations.push({ rule: 'misordered', where: at(output), detail })
    }
    last.set(lane, origin.offset)
  }
  return found
}

function strays(outputs: Iterable<Output>): Violation[] {
  return [...outputs].map(output => ({
    rule: 'wrong',
    where: at(output),
    detail: `comes from ${at(output.origin)}, which is not there`,
  }))
}
