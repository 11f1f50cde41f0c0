// One partition of the journal, checked entry by entry and summed. Pure; amounts are big integers.

import type { JournalEntry } from '@fleet/contracts'
import { JournalCounts, placeOf } from './journal-counts.ts'
import type { CountPlace } from './journal-counts.ts'

type LedgerRule =
  'unbalanced' | 'malformed' | 'repeated' | 'gap' | 'completed_twice' | 'memory_differs'

/** Of each rule in a partition: more would not be read, and a broken journal must not fill the memory. */
const violationsKeptMax = 100

export interface LedgerViolation {
  rule: LedgerRule
  partition: number
  /** In the journal; -1: none of its own. */
  offset: number
  detail: string
}

export interface Sums {
  debit: bigint
  credit: bigint
}

/** Sums by account. */
export class Balances {
  readonly #sums = new Map<string, Sums>()

  add(place: BalancePlace, debit: bigint, credit: bigint): void {
    const name = JSON.stringify([place.tenant, place.currency, place.account, place.period])
    const known = this.#sums.get(name)
    if (known === undefined) this.#sums.set(name, { debit, credit })
    else {
      known.debit += debit
      known.credit += credit
    }
  }

  addEntry(entry: JournalEntry): void {
    const { tenant_id: tenant, currency, posted_period: period, lines } = entry
    for (const { account, side, amount_minor: minor } of lines) {
      const amount = BigInt(minor)
      const place = { tenant, currency: currency ?? '', account, period }
      this.add(place, side === 'DEBIT' ? amount : 0n, side === 'CREDIT' ? amount : 0n)
    }
  }

  addAll(other: Balances): void {
    for (const [place, { debit, credit }] of other.entries()) this.add(place, debit, credit)
  }

  *entries(): IterableIterator<[BalancePlace, Sums]> {
    for (const [name, sums] of this.#sums) {
      const [tenant, currency, account, period] = JSON.parse(name) as [
        string,
        string,
        string,
        string,
      ]
      yield [{ tenant, currency, account, period }, sums]
    }
  }

  /** One sentence for each account that differs. */
  differences(other: Balances): string[] {
    const names = new Set([...this.#sums.keys(), ...other.#sums.keys()])
    return [...names].toSorted().flatMap(name => {
      const is = textOf(this.#sums.get(name))
      const must = textOf(other.#sums.get(name))
      return is === must ? [] : [`${name}: the journal has ${is}, the memory ${must}`]
    })
  }
}

export interface BalancePlace {
  tenant: string
  currency: string
  account: string
  /** Where it is posted. */
  period: string
}

function textOf(sums: Sums | undefined): string {
  return `${sums?.debit ?? 0n}/${sums?.credit ?? 0n}`
}

/** What the partition's memory says of it. */
export interface RememberedJournal {
  entries: number
  balances: Balances
}

export class Journal {
  /** The first of each rule. */
  readonly violations: LedgerViolation[] = []
  /** All of them. */
  readonly violationCounts = new Map<LedgerRule, number>()
  /** Each entry id once: what a consumer that upserts by it has. */
  readonly balances = new Balances()
  readonly counts = new JournalCounts()
  readonly #partition: number
  readonly #remembered: RememberedJournal
  /** Of the entries that the memory counts; begins anew where the numbers do. */
  #counted = new Balances()
  #sequence = 0
  readonly #seen = new Set<string>()
  /** Without an amount so far, from whatever event. */
  readonly #open = new Map<string, CountPlace>()
  /** Without an amount under their own id. */
  readonly #thin = new Set<string>()

  constructor(partition: number, remembered: RememberedJournal) {
    this.#partition = partition
    this.#remembered = remembered
  }

  /** In the order of the partition. */
  take(offset: number, entry: JournalEntry): void {
    const place = placeOf(entry)
    this.counts.add(place, 'entries')
    this.#checkForm(offset, entry)
    this.#count(offset, entry)
    const { entry_id: id, status, completes } = entry
    // Also after another event was taken for it: then it completes nothing, and is right.
    const isAmountOfOwn = status === 'BOOKED' && this.#thin.delete(id)
    if (this.#seen.has(id) && !isAmountOfOwn) {
      // Beyond the ledger's memory an event may be booked again, under its id.
      this.#complain('repeated', offset, `entry ${id} stands in the journal before`)
      return
    }
    this.#seen.add(id)
    this.balances.addEntry(entry)
    if (entry.excess_minor !== null) this.counts.add(place, 'excesses')
    if (status === 'AWAITING_AMOUNT') {
      this.#open.set(id, place)
      this.#thin.add(id)
      this.counts.add(place, 'awaiting')
    }
    if (completes !== null) this.#complete(offset, completes)
  }

  /** Called once, after the last entry. Only sums and complaints are kept from then on. */
  finish(): void {
    const { entries, balances } = this.#remembered
    if (this.#sequence < entries) {
      const detail = `entries up to ${this.#sequence} are there, the memory has ${entries}`
      this.#complain('memory_differs', -1, detail)
    }
    for (const detail of this.#counted.differences(balances)) {
      this.#complain('memory_differs', -1, detail)
    }
    this.#counted = new Balances()
    for (const ids of [this.#seen, this.#open, this.#thin]) ids.clear()
  }

  get awaiting(): number {
    return this.counts.of().awaiting
  }

  get idsHeld(): number {
    return this.#seen.size + this.#open.size + this.#thin.size
  }

  get violationCount(): number {
    return [...this.violationCounts.values()].reduce((sum, count) => sum + count, 0)
  }

  #complete(offset: number, id: string): void {
    const place = this.#open.get(id)
    if (place === undefined) {
      this.#complain('completed_twice', offset, `completes ${id}, which awaits nothing`)
      return
    }
    this.#open.delete(id)
    this.counts.add(place, 'awaiting', -1)
  }

  #count(offset: number, entry: JournalEntry): void {
    const { sequence } = entry
    // From before entries were counted; the memory knows nothing of it either.
    if (sequence === null) return
    if (sequence === 1) this.#counted = new Balances()
    else if (sequence !== this.#sequence + 1) {
      this.#complain('gap', offset, `number ${sequence} follows number ${this.#sequence}`)
    }
    this.#sequence = sequence
    if (sequence <= this.#remembered.entries) this.#counted.addEntry(entry)
  }

  #checkForm(
    offset: number,
    { status, lines, currency, period, posted_period }: JournalEntry,
  ): void {
    let balance = 0n
    for (const { side, amount_minor: minor } of lines) {
      balance += side === 'DEBIT' ? BigInt(minor) : -BigInt(minor)
    }
    if (balance !== 0n)
      this.#complain('unbalanced', offset, `debits and credits differ by ${balance}`)
    const isBooked = status === 'BOOKED'
    const problem = lines.some(line => line.amount_minor <= 0)
      ? 'has a line that is not above zero'
      : isBooked !== lines.length > 0
        ? `is ${status} with ${lines.length} lines`
        : isBooked && currency === null
          ? 'has no currency'
          : posted_period < period
            ? `of ${period} is posted before, to ${posted_period}`
            : null
    if (problem !== null) this.#complain('malformed', offset, problem)
  }

  #complain(rule: LedgerRule, offset: number, detail: string): void {
    const count = (this.violationCounts.get(rule) ?? 0) + 1
    this.violationCounts.set(rule, count)
    if (count > violationsKeptMax) return
    this.violations.push({ rule, partition: this.#partition, offset, detail })
  }
}
