// Holds the outputs of the sinks against the events they came from. Every output names its origin, so that
// each event must be answered for exactly once and in its order.

import { topics } from '@fleet/contracts'
import type { BillingEvent, CrmRecord, DeadLetter } from '@fleet/contracts'

import { asModelEntry, LedgerModel } from '../../support/ledger-model.ts'
import type { ModelEntry } from '../../support/ledger-model.ts'
import { byOrigin, strays } from './by-origin.ts'
import type { Output } from './by-origin.ts'
import { CrmModel } from './crm-model.ts'
import type { Evidence, Found } from './evidence.ts'
import { judgeSignals } from './judge-alerting.ts'
import { judgeTasks } from './judge-tasks.ts'
import { at } from './violation.ts'
import type { Violation } from './violation.ts'

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
  const refused = firstLetters(letters.get('accounting-sink') ?? [], violations)
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

/**
 * By origin. A letter that is replayed fails again, one attempt later, wherever it then stands: no attempt is
 * there twice, and none is left out.
 */
function firstLetters(
  letters: readonly Found<DeadLetter>[],
  violations: Violation[],
): Map<string, Found<DeadLetter> & Output> {
  const attempts = new Map<string, number>()
  for (const letter of letters) {
    const { attempt, origin } = letter.value
    const expected = (attempts.get(at(origin)) ?? 0) + 1
    attempts.set(at(origin), attempt)
    if (attempt === expected) continue
    const rule = attempt < expected ? 'repeated' : 'torn'
    const detail = `letter of ${at(origin)}: attempt ${attempt}, must be ${expected}`
    violations.push({ rule, where: at(letter), detail })
  }
  const first = letters.filter(({ value }) => value.attempt === 1)
  return byOrigin(
    first.map(one => ({ ...one, origin: one.value.origin })),
    violations,
  )
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
