// Refunds beyond their charge: what alerting is told stands beside an entry that was booked, in the same
// transaction and once, in the tenant's partition; and no resource goes beyond its charges untold.

import { partitionOf, topics } from '@fleet/contracts'
import type { AlertSignal, JournalEntry } from '@fleet/contracts'

import type { Entry, History, Violation } from './history.ts'

const { accounting, alertSignals } = topics

interface Booked {
  readonly journal: JournalEntry
  readonly transaction: Entry['transaction']
}

export function judgeExcesses(history: History): Violation[] {
  const violations: Violation[] = []
  const complain = (rule: string, detail: string): void => {
    violations.push({ rule, detail: `excesses: ${detail}` })
  }
  const booked = new Map<string, Booked>()
  for (const entry of history.allCommitted(accounting)) {
    const journal = history.value<JournalEntry>(accounting, entry)
    if (journal === null) continue
    booked.set(nameOf(journal.entry_id, journal.sequence), {
      journal,
      transaction: entry.transaction,
    })
  }
  const told = new Set<string>()
  for (const entry of history.allCommitted(alertSignals)) {
    const signal = history.value<AlertSignal>(alertSignals, entry)
    if (signal === null || !signal.kind.startsWith('REFUND_')) continue
    const name = nameOf(signal.entry_id, signal.sequence)
    const beside = booked.get(name)
    if (told.has(name)) complain('duplicate', name)
    told.add(name)
    if (beside === undefined) complain('aborted-read', `${name} is not booked`)
    else if (beside.transaction !== entry.transaction) complain('torn', name)
    if (entry.record.partition !== partitionOf(signal.tenant_id, history.partitions)) {
      complain('misordered', `${name} is on ${entry.record.partition}`)
    }
  }
  const begun = new Set<string>()
  for (const [name, { journal }] of booked) {
    const { tenant_id: tenant, resource, currency } = journal
    const what = JSON.stringify([tenant, resource.type, resource.id, currency])
    // An adjustment may have told it first, and those that follow may say nothing new.
    if (told.has(name)) begun.add(what)
    if (journal.excess_minor === null) continue
    if (!begun.has(what)) complain('lost-write', `${what} was not told`)
    begun.add(what)
  }
  return violations
}

function nameOf(entryId: string | null, sequence: number | null): string {
  return `entry ${entryId} number ${sequence}`
}
