// Holds the outputs of the sinks and of the alerting router against the events they came from. Every
// output names its origin, so that each event must be answered for exactly once and in its order.

import { topics } from '@fleet/contracts'
import type { Coordinates } from '@fleet/contracts'

import { CrmModel } from './crm-model.ts'
import type { Evidence, Found, Place } from './evidence.ts'
import { wantedBooking } from './ledger-model.ts'
import type { LedgerEvent } from './ledger-model.ts'
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
  return [...judgeCrm(evidence), ...judgeLedger(evidence), ...judgeSignals(evidence)]
}

function judgeCrm({ events, crm, letters }: Evidence): Violation[] {
  const violations: Violation[] = []
  const model = new CrmModel()
  const found = byOrigin(
    crm.map(one => ({ ...one, origin: one.value.origin })),
    violations,
  )
  for (const letter of letters.get('crm-sink') ?? []) {
    const detail = `dead-lettered as ${letter.value.error_code}: ${letter.value.error_message}`
    violations.push({ rule: 'wrong', where: at(letter.value.origin), detail })
  }
  for (const event of events) {
    const wanted = model.expect(event)
    const record = found.get(at(event))
    found.delete(at(event))
    if (wanted === null && record === undefined) continue
    if (wanted === null || record === undefined) {
      const detail = wanted === null ? 'a CRM record for nothing' : 'no CRM record'
      violations.push({ rule: wanted === null ? 'wrong' : 'torn', where: at(event), detail })
      continue
    }
    for (const [field, must] of Object.entries(wanted)) {
      const is = record.value[field as keyof typeof wanted]
      if (is === must) continue
      const detail = `${field} is ${is}, must be ${must} for ${at(event)}`
      violations.push({ rule: 'wrong', where: at(record), detail })
    }
  }
  return [...violations, ...strays(found.values())]
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
  for (const event of events as Found<LedgerEvent>[]) {
    if (!ledgerTopics.has(event.topic)) continue
    const wanted = wantedBooking(event.value)
    const entry = found.get(at(event))
    const letter = refused.get(at(event))
    found.delete(at(event))
    refused.delete(at(event))
    const is =
      entry === undefined
        ? letter === undefined
          ? 'nothing'
          : `refused ${letter.value.error_code}`
        : `entry ${JSON.stringify({
            category: entry.value.category,
            currency: entry.value.currency,
            lines: entry.value.lines.map(
              ({ account, side, amount_minor }) => `${account} ${side} ${amount_minor}`,
            ),
          })}`
    const must =
      wanted.kind === 'nothing'
        ? 'nothing'
        : wanted.kind === 'refused'
          ? `refused ${wanted.code}`
          : `entry ${JSON.stringify(wanted.entry)}`
    if (is === must) continue
    const rule = is === 'nothing' ? 'torn' : 'wrong'
    violations.push({ rule, where: at(event), detail: `booked: ${is}, must be: ${must}` })
  }
  violations.push(...unbalanced(entries), ...strays(found.values()), ...strays(refused.values()))
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
    const isWatched =
      event.value.event_type === 'reservation.no_show' && event.value.mode === 'LIVE'
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
  order: 'by origin' | 'by partition' = 'by partition',
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
    if (order === 'by partition' && origin.partition !== partition) {
      const detail = `comes from partition ${origin.partition}`
      violations.push({ rule: 'wrong', where: at(output), detail })
    }
    if (origin.offset < (last.get(lane) ?? -1)) {
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
