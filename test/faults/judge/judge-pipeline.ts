// From what was answered 200 to what the processor published: every accepted delivery is in raw with its
// exact bytes, every raw record ended as the independent model says, state follows the events.

import { topics } from '@fleet/contracts'

import { judgePartition } from '../../../packages/cli/src/verify/compare.ts'
import type { ModelSettings } from '../../../packages/cli/src/verify/model.ts'
import type { Evidence } from './evidence.ts'
import { at } from './violation.ts'
import type { Rule, Violation } from './violation.ts'

/** What the sender knows. */
export interface Sent {
  /** Body of each delivery that was answered 200, by delivery id. */
  accepted: ReadonlyMap<string, string>
  /** Every body that was ever posted. */
  bodies: ReadonlySet<string>
  /** Deliveries that never got a 200. */
  unaccepted: number
}

const ruleOf: Readonly<Record<string, Rule>> = {
  lost: 'lost',
  repeated: 'repeated',
  two_ends: 'repeated',
  misordered: 'misordered',
}

export function judgeEdge(evidence: Evidence, sent: Sent): Violation[] {
  const violations: Violation[] = []
  const inRaw = new Set<string>()
  for (const record of evidence.raw) {
    const { value, poison } = record
    if (poison !== null) continue
    const body = value === null ? null : Buffer.from(value.body).toString('utf8')
    if (value === null || body === null || !sent.bodies.has(body)) {
      violations.push({ rule: 'wrong', where: at(record), detail: 'in raw, but never sent' })
      continue
    }
    const wanted = sent.accepted.get(value.delivery_id)
    if (wanted !== undefined && wanted !== body) {
      const detail = `delivery ${value.delivery_id} has other bytes than were accepted`
      violations.push({ rule: 'wrong', where: at(record), detail })
    }
    inRaw.add(value.delivery_id)
  }
  for (const id of sent.accepted.keys()) {
    if (inRaw.has(id)) continue
    violations.push({ rule: 'lost', where: `delivery ${id}`, detail: 'answered 200, not in raw' })
  }
  if (sent.unaccepted > 0) {
    const detail = `${sent.unaccepted} deliveries were never accepted`
    violations.push({ rule: 'wrong', where: 'sender', detail })
  }
  return violations
}

export function judgeProcessor(evidence: Evidence, settings: ModelSettings): Violation[] {
  const violations: Violation[] = []
  for (const partition of evidence.partitions) {
    const judged = judgePartition(partition, settings)
    for (const { rule, topic, offset, detail } of judged.violations) {
      const where = at({ topic, partition: partition.partition, offset })
      violations.push({ rule: ruleOf[rule] ?? 'wrong', where, detail: `${rule}: ${detail}` })
    }
    if (judged.report.pending === 0) continue
    const where = `${topics.raw.name}-${partition.partition}`
    const detail = `${judged.report.pending} records were not processed`
    violations.push({ rule: 'lost', where, detail })
  }
  return [...violations, ...judgeState(evidence), ...judgeProgress(evidence)]
}

/** A state record for each event that won, none for others, versions without a gap. */
function judgeState({ events, states }: Evidence): Violation[] {
  const violations: Violation[] = []
  const winners = new Map<string, string>()
  for (const event of events) {
    if (event.value.disposition !== 'CURRENT' || event.value.mode !== 'LIVE') continue
    winners.set(`${event.partition}@${event.value.lineage.raw_offset}`, at(event))
  }
  const versions = new Map<string, number>()
  for (const state of states) {
    if (state.value === null) continue
    const { version, lineage } = state.value
    const before = versions.get(state.key) ?? 0
    if (version !== before + 1) {
      const rule = version <= before ? 'repeated' : 'lost'
      const detail = `${state.key}: version ${version} after ${before}`
      violations.push({ rule, where: at(state), detail })
    }
    versions.set(state.key, version)
    if (!winners.delete(`${state.partition}@${lineage.raw_offset}`)) {
      const detail = `a state whose event is not there (raw offset ${lineage.raw_offset})`
      violations.push({ rule: 'torn', where: at(state), detail })
    }
  }
  for (const where of winners.values()) {
    violations.push({ rule: 'torn', where, detail: 'an event that won without a state record' })
  }
  return violations
}

/** What the stages say they decided, in the same transactions, against what is there. */
function judgeProgress(evidence: Evidence): Violation[] {
  const violations: Violation[] = []
  for (const { partition, raw, events, deadLetters } of evidence.partitions) {
    const progress = evidence.progress.get('processor')?.get(partition)
    const counts = progress?.counts ?? {}
    const wanted = {
      published: events.length,
      dead_letter: deadLetters.length,
      duplicate: raw.length - events.length - deadLetters.length,
    }
    for (const [verdict, must] of Object.entries(wanted)) {
      if (counts[verdict] === must) continue
      const where = `${topics.changelogs.processor.name}-${partition}`
      const detail = `progress counts ${counts[verdict]} ${verdict}, there are ${must}`
      violations.push({ rule: 'torn', where, detail })
    }
  }
  const sinks = ['crm-sink', 'accounting-sink', 'alerting-router'] as const
  for (const sink of sinks) {
    for (const [partition, { counts, positions }] of evidence.progress.get(sink) ?? []) {
      const inputs = new Set(Object.keys(positions))
      const events = evidence.events.filter(
        event => event.partition === partition && inputs.has(event.topic),
      ).length
      // A letter that came back is decided, or refused, once more.
      const must = events + (evidence.redriven.get(sink)?.get(partition) ?? 0)
      const is = Object.values(counts).reduce((sum, count) => sum + count, 0)
      if (is === must) continue
      const where = `${topics.changelogs[sink].name}-${partition}`
      violations.push({ rule: 'torn', where, detail: `progress counts ${is}, there are ${must}` })
    }
  }
  return violations
}

/** Every poison record came to what its kind must come to. */
export function judgePoison({ partitions, raw }: Evidence): {
  violations: Violation[]
  outcomes: Map<string, number>
} {
  const violations: Violation[] = []
  const outcomes = new Map<string, number>()
  const marks = new Set<string>()
  const codes = new Map<string, string>()
  for (const { partition, events, deadLetters } of partitions) {
    for (const { event } of events) {
      codes.set(`${partition}@${event.lineage.raw_offset}`, 'published')
    }
    for (const { letter } of deadLetters) {
      codes.set(`${partition}@${letter.origin.offset}`, letter.error_code)
    }
  }
  for (const record of raw) {
    const { partition, offset, poison } = record
    if (poison === null) continue
    const outcome = codes.get(`${partition}@${offset}`) ?? 'duplicate'
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    // Written again because the first answer got lost.
    const isSecond = marks.has(poison.mark)
    marks.add(poison.mark)
    if (poison.outcomes.includes(outcome) || (isSecond && outcome === 'duplicate')) continue
    const detail = `${poison.kind} came to ${outcome}, must ${poison.outcomes.join(' or ')}`
    violations.push({ rule: 'wrong', where: at(record), detail })
  }
  return { violations, outcomes }
}
