// The ledger: each live event that moves money is booked exactly once, as a model with tables of its own has
// it; every entry balances; entries are numbered without a gap; what was closed stays closed; what cannot be
// booked is a dead letter; and the memory that was committed says what the journal says.

import { parseLedgerKey, topics } from '@fleet/contracts'
import type {
  BillingEvent,
  DeadLetter,
  JournalEntry,
  LedgerBalance,
  LedgerClosed,
  LedgerControl,
} from '@fleet/contracts'

import { asModelEntry, LedgerModel } from '../../support/ledger-model.ts'
import type { ModelEntry } from '../../support/ledger-model.ts'
import { inputsOf } from '../world/stage-inputs.ts'
import { placeOf } from './history.ts'
import { mendedLetters, subjectOf } from './mended.ts'
import type { Entry, History, Transaction, Violation } from './history.ts'

const { accounting, ledgerControl } = topics

interface Closings {
  closed: Map<string, { period: string; next: string; order: number }>
  orderOf(entry: Entry): number
}

class LedgerJudge {
  readonly violations: Violation[] = []
  readonly #history: History
  /** Not yet explained by an event. */
  readonly #booked = new Map<string, JournalEntry>()
  readonly #refused = new Set<string>()
  /** By subject of the letters that were mended, how often it was booked. */
  readonly #mended = new Map<string, number>()

  constructor(history: History) {
    this.#history = history
  }

  judge(): Violation[] {
    for (let partition = 0; partition < this.#history.partitions; partition++) {
      this.#judgeJournal(partition)
    }
    const { 'accounting-sink': letters } = topics.deadLetters
    const attempts = new Map<string, number>()
    for (const entry of this.#history.allCommitted(letters)) {
      const letter = this.#history.value<DeadLetter>(letters, entry)
      if (letter === null) continue
      this.#refused.add(placeOf(letter.origin))
      attempts.set(letter.dead_letter_id, letter.attempt)
    }
    const mended = mendedLetters(this.#history)
    for (const { subject } of mended) this.#mended.set(subject, 0)
    const model = new LedgerModel()
    for (const topic of inputsOf['accounting-sink']) {
      for (const entry of this.#history.allCommitted(topic)) {
        if (topic === ledgerControl) this.#judgeControl(entry)
        else this.#judgeEvent(model, entry, this.#history.value<BillingEvent>(topic, entry))
      }
    }
    for (const { letterId, attempt, subject } of mended) {
      const count = this.#mended.get(subject) ?? 0
      if (count > 1) this.#complain('duplicate', `mended ${subject} was booked ${count} times`)
      // It did not fail again.
      const isSettled = attempts.get(letterId) === attempt
      if (isSettled && count === 0) this.#complain('lost-redrive', `${subject} was not booked`)
    }
    for (const place of this.#booked.keys()) {
      this.#complain('aborted-read', `booked ${place}, which is no event`)
    }
    for (const place of this.#refused) this.#complain('wrong-verdict', `refused ${place}`)
    return this.violations
  }

  #judgeEvent(model: LedgerModel, { record }: Entry, event: BillingEvent | null): void {
    const place = placeOf(record)
    const subject = subjectOf(record.key, event?.event_id ?? '')
    const count = this.#mended.get(subject)
    if (count !== undefined) {
      // In which order it was mended and told anew is not known here: it is booked once, whatever failed.
      this.#refused.delete(place)
      this.#mended.set(subject, count + Number(this.#booked.delete(place)))
      return
    }
    const expected = event === null ? null : model.take(String(record.key), event)
    const is = this.#booked.get(place)
    this.#booked.delete(place)
    if (expected?.kind === 'refused') {
      if (!this.#refused.delete(place)) this.#complain('lost-write', `${place} had to be refused`)
    }
    if (expected?.kind === 'entry') {
      if (is === undefined) this.#complain('lost-write', `${place} was not booked`)
      else if (textOf(asModelEntry(is)) !== textOf(expected.entry)) {
        this.#complain('wrong-content', `${place}: ${JSON.stringify(is)}`)
      }
    } else if (is !== undefined) {
      this.#complain('wrong-verdict', `${place} was booked, is ${expected?.kind ?? 'nothing'}`)
    }
  }

  /** Refused exactly when its month was not over by the broker's clock. */
  #judgeControl(entry: Entry): void {
    const place = placeOf(entry.record)
    const control = this.#history.value<LedgerControl>(ledgerControl, entry)
    const isRefused = this.#refused.delete(place)
    if (isRefused === isOver(control, entry)) {
      this.#complain('wrong-verdict', `${place}: refused is ${isRefused}`)
    }
  }

  #judgeJournal(partition: number): void {
    const closings = this.#closingsIn(partition)
    const sums = new Map<string, bigint>()
    let number = 0
    for (const entry of this.#history.committed(accounting, partition)) {
      const value = this.#history.value<JournalEntry>(accounting, entry)
      if (value === null) continue
      const place = placeOf(entry.record)
      number++
      if (value.sequence !== number) {
        this.#complain('wrong-content', `${place} has number ${value.sequence}, must be ${number}`)
      }
      if (balanceOf(value) !== 0) this.#complain('unbalanced', place)
      addTo(sums, value)
      this.#booked.set(placeOf(value.origin), value)
      this.#judgeMonth(place, value, closings, closings.orderOf(entry))
    }
    this.#judgeMemory(partition, sums)
  }

  /** Own month before the closing was followed, the next one after; either in the same transaction. */
  #judgeMonth(place: string, value: JournalEntry, { closed }: Closings, order: number): void {
    const { tenant_id: tenant, period, posted_period: posted } = value
    const closing = closed.get(tenant)
    const isLate = closing !== undefined && period <= closing.period
    const isRight =
      isLate && order > closing.order
        ? posted === closing.next
        : posted === period || (isLate && order === closing.order && posted === closing.next)
    if (!isRight) {
      this.#complain('wrong-content', `${place} of ${period} is posted to ${posted}`)
    }
  }

  /** When closings were followed, in the order of this partition's transactions. */
  #closingsIn(partition: number): Closings {
    const orders = new Map<Transaction, number>()
    const closed: Closings['closed'] = new Map()
    const changelog = topics.changelogs['accounting-sink']
    for (const { record, transaction } of this.#history.committed(changelog, partition)) {
      if (!orders.has(transaction)) orders.set(transaction, orders.size)
      const parsed = parseLedgerKey(String(record.key))
      if (parsed?.kind !== 'closed' || record.value === null) continue
      const { period } = JSON.parse(String(record.value)) as LedgerClosed
      const [year = 0, month = 0] = period.split('-').map(Number)
      const next = new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 7)
      closed.set(parsed.tenantId, { period, next, order: orders.get(transaction) ?? -1 })
    }
    for (const entry of this.#history.committed(ledgerControl, partition)) {
      const control = this.#history.value<LedgerControl>(ledgerControl, entry)
      if (!isOver(control, entry) || closed.has(control?.tenant_id ?? '')) continue
      this.#complain('lost-write', `${placeOf(entry.record)} was not followed`)
    }
    return { closed, orderOf: ({ transaction }) => orders.get(transaction) ?? -1 }
  }

  #judgeMemory(partition: number, sums: ReadonlyMap<string, bigint>): void {
    const newest = new Map<string, Buffer | null>()
    for (const { record } of this.#history.committed(
      topics.changelogs['accounting-sink'],
      partition,
    )) {
      newest.set(String(record.key), record.value)
    }
    const remembered = new Map<string, bigint>()
    for (const [key, value] of newest) {
      const parsed = parseLedgerKey(key)
      if (parsed?.kind !== 'balance' || value === null) continue
      const { tenantId, period, currency } = parsed
      const balance = JSON.parse(String(value)) as LedgerBalance
      for (const [account, [debit, credit]] of Object.entries(balance)) {
        const name = JSON.stringify([tenantId, period, currency, account])
        remembered.set(name, BigInt(debit) - BigInt(credit))
      }
    }
    for (const name of new Set([...sums.keys(), ...remembered.keys()])) {
      const [journal, memory] = [sums.get(name) ?? 0n, remembered.get(name) ?? 0n]
      if (journal === memory) continue
      this.#complain('wrong-state', `${partition} ${name}: journal ${journal}, memory ${memory}`)
    }
  }

  #complain(rule: string, detail: string): void {
    this.violations.push({ rule, detail: `ledger: ${detail}` })
  }
}

export function judgeLedger(history: History): Violation[] {
  return new LedgerJudge(history).judge()
}

function isOver(control: LedgerControl | null, { record }: Entry): boolean {
  return (control?.period ?? '9') < new Date(record.timestampMs).toISOString().slice(0, 7)
}

/** Everything but the month it is posted to, which depends on when an instruction was followed. */
function textOf(entry: ModelEntry): string {
  return JSON.stringify({ ...entry, postedPeriod: null }, (_name, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
}

function balanceOf({ lines }: JournalEntry): number {
  return lines.reduce(
    (sum, { side, amount_minor }) => sum + (side === 'DEBIT' ? amount_minor : -amount_minor),
    0,
  )
}

function addTo(
  sums: Map<string, bigint>,
  { tenant_id, posted_period, currency, lines }: JournalEntry,
): void {
  for (const { account, side, amount_minor: minor } of lines) {
    const name = JSON.stringify([tenant_id, posted_period, currency, account])
    sums.set(name, (sums.get(name) ?? 0n) + BigInt(side === 'DEBIT' ? minor : -minor))
  }
}
