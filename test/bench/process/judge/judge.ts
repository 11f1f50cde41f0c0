// Compares a lane's committed output with what is expected. Everything that is not as it must be is
// counted; `wrong` is the sum.

import type { CommittedRecord } from './committed-lines.ts'
import type { Expected } from './expected.ts'

export interface Verdict {
  readonly wrong: number
  /** Only what is not zero. */
  readonly problems: Readonly<Record<string, number>>
  readonly records: number
  readonly newest: number
}

/** How to read a lane's output. */
export interface Reading {
  /** Domain of a topic; null for another topic. */
  domainOf(topic: string): string | null
  eventIdOf(value: Buffer): string
  /** Of a record of the last-write-wins topic: resource id and winning event; null when deleted. */
  newestOf(record: CommittedRecord): { resource: string; eventId: string | null }
  /** Where a key must lie. */
  partitionOf(key: string): number
}

export class Judge {
  readonly #expected: Expected
  readonly #reading: Reading
  readonly #seen = new Set<string>()
  readonly #newest = new Map<string, string | null>()
  readonly #problems = new Map<string, number>()
  #records = 0

  constructor(expected: Expected, reading: Reading) {
    this.#expected = expected
    this.#reading = reading
  }

  /** One that expects no records: for counting alone. */
  static ofPositions(): Judge {
    const nothing = { events: 0, domainOf: new Map(), newestOf: new Map() }
    const unread = (): never => {
      throw new Error('no records are judged here')
    }
    const reading = { domainOf: unread, eventIdOf: unread, newestOf: unread, partitionOf: unread }
    return new Judge(nothing, reading)
  }

  get wrong(): number {
    return [...this.#problems.values()].reduce((sum, times) => sum + times, 0)
  }

  see(record: CommittedRecord): void {
    const domain = this.#reading.domainOf(record.topic)
    if (record.partition !== this.#reading.partitionOf(record.key)) this.count('wrong_partition')
    if (domain === null) {
      const { resource, eventId } = this.#reading.newestOf(record)
      this.#newest.set(resource, eventId)
      return
    }
    this.#records++
    const id = record.value === null ? '' : this.#reading.eventIdOf(record.value)
    if (this.#seen.has(id)) this.count('repeated')
    this.#seen.add(id)
    const wanted = this.#expected.domainOf.get(id)
    if (wanted === undefined) this.count('unknown')
    else if (wanted !== domain) this.count('wrong_domain')
  }

  count(problem: string, times = 1): void {
    if (times !== 0) this.#problems.set(problem, (this.#problems.get(problem) ?? 0) + times)
  }

  verdict(): Verdict {
    for (const id of this.#expected.domainOf.keys()) if (!this.#seen.has(id)) this.count('lost')
    for (const [resource, id] of this.#expected.newestOf) {
      if (this.#newest.get(resource) !== id) this.count('wrong_newest')
    }
    for (const resource of this.#newest.keys()) {
      if (!this.#expected.newestOf.has(resource)) this.count('unknown_resource')
    }
    return {
      wrong: this.wrong,
      problems: Object.fromEntries(this.#problems),
      records: this.#records,
      newest: this.#newest.size,
    }
  }
}
