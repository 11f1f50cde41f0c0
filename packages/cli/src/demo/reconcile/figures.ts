// The figures of a run, counted from answers and topics; expectations have no part in them.

import { domains, topics } from '@fleet/contracts'
import type { Evidence } from './evidence.ts'
import { isBalanced } from './judge-sample.ts'
import { placeOf, RunIndex } from './run-index.ts'
import { isAccepted } from './sent.ts'
import type { Sent } from './sent.ts'

export type Counts = Record<string, number>

export interface Figures {
  sent: number
  accepted: number
  refused: number
  refusedByStatus: Counts
  challengesAnswered: number
  rawRecords: number
  published: Counts
  duplicates: number
  superseded: number
  deadLettersByCode: Counts
  crmByAction: Counts
  entriesByStatus: Counts
  balanced: boolean
  alertsByStatus: Counts
  /** Tasks this run opened, by kind. */
  tasksByKind: Counts
}

/** `alertsFrom`: where the alerting topic ended when the run started, by partition. */
export function figuresOf(
  sent: readonly Sent[],
  evidence: Evidence,
  alertsFrom: ReadonlyMap<number, number>,
): Figures {
  const index = new RunIndex(evidence)
  const { raw, events, deadLetters } = evidence
  const refused = sent.filter(one => !isAccepted(one))
  const rawPlaces = new Set(raw.map(({ at }) => placeOf(at)))
  const eventPlaces = new Set(events.map(({ at }) => placeOf(at)))
  const entries = events.flatMap(({ at }) => index.entriesOf(at))
  const alerts = evidence.alerts.filter(
    ({ at }) => at.offset >= (alertsFrom.get(at.partition) ?? 0),
  )
  const byDomain = count(events.map(({ value }) => value.domain))
  return {
    sent: sent.length,
    accepted: sent.length - refused.length,
    refused: refused.length,
    refusedByStatus: count(refused.map(({ status }) => String(status))),
    challengesAnswered: sent.filter(({ isChallengeRight }) => isChallengeRight === true).length,
    rawRecords: raw.length,
    published: Object.fromEntries(domains.map(domain => [domain, byDomain[domain] ?? 0])),
    duplicates: raw.filter(fact => index.isDuplicate(fact)).length,
    superseded: events.filter(({ value }) => value.event.disposition === 'SUPERSEDED').length,
    deadLettersByCode: count(
      deadLetters
        .filter(({ at }) => at.topic === topics.deadLetters.processor.name)
        .filter(({ value }) => rawPlaces.has(placeOf(value.origin)))
        .map(({ value }) => value.error_code),
    ),
    crmByAction: count(
      events.flatMap(({ at }) => index.crmOf(at)).map(({ value }) => value.action),
    ),
    entriesByStatus: count(entries.map(({ value }) => value.status)),
    balanced: entries.every(({ value }) => isBalanced(value)),
    alertsByStatus: count(alerts.map(({ value }) => value.status)),
    tasksByKind: count(
      evidence.tasks
        .filter(({ value }) => value.version === 1 && eventPlaces.has(placeOf(value.origin)))
        .map(({ value }) => value.kind),
    ),
  }
}

export function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, one) => sum + one, 0)
}

function count(names: readonly string[]): Counts {
  const counts: Counts = {}
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
