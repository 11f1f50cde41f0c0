// What memory costs an event by how many ids are held: tasks whose windows hold as many take turns, so that
// what else the machine does falls on all of them alike.

import { createState } from '../../../services/processor/src/stage.ts'
import { cpuSeconds } from './measure.ts'
import { startMs, Task } from './task.ts'

const resources = 50_000
const eventsPerTransaction = 500
const warmUpTransactions = 120
const measuredTransactions = 400

export interface Carried {
  /** CPU of memory's part in one event of the median transaction, by ids held. */
  readonly us: Record<string, number>
  readonly longest_transaction_ms: number
}

/** A level is how many ids a window holds: there is an event every millisecond. */
export function carrying(levels: readonly number[]): Carried {
  const lanes = levels.map(level => new Lane(level))
  for (const lane of lanes) lane.fill()
  for (let turn = 0; turn < warmUpTransactions; turn++) for (const lane of lanes) lane.transaction()
  for (const lane of lanes) lane.seconds.length = 0
  for (let turn = 0; turn < measuredTransactions; turn++) {
    for (const lane of lanes) lane.transaction()
  }
  return {
    us: Object.fromEntries(lanes.map(lane => [lane.ids, lane.medianUs])),
    longest_transaction_ms: Math.max(...lanes.map(lane => lane.longestSeconds)) * 1000,
  }
}

class Lane {
  readonly #task: Task
  readonly #level: number
  #next = 0
  readonly seconds: number[] = []
  longestSeconds = 0

  constructor(level: number) {
    this.#level = level
    this.#task = new Task(createState({ windowMs: level, idsMax: 2 * level }))
  }

  get ids(): number {
    return this.#task.state.sizes()['seen_ids'] ?? 0
  }

  /** A collection of the heap falls on whoever is next: the median leaves it out. */
  get medianUs(): number {
    const sorted = this.seconds.toSorted((left, right) => left - right)
    return ((sorted[sorted.length >> 1] ?? 0) / eventsPerTransaction) * 1e6
  }

  /** Ids alone: resources come with the first turns. */
  fill(): void {
    while (this.#next < this.#level) {
      this.#transaction(n => this.#task.id(n, startMs + n))
    }
  }

  transaction(): void {
    this.#transaction(n => this.#task.event(n, startMs + n, resources, () => false))
  }

  #transaction(each: (n: number) => void): void {
    const started = cpuSeconds()
    for (const end = this.#next + eventsPerTransaction; this.#next < end; this.#next++) {
      each(this.#next)
    }
    this.#task.commit(startMs + this.#next)
    const seconds = cpuSeconds() - started
    this.seconds.push(seconds)
    this.longestSeconds = Math.max(this.longestSeconds, seconds)
  }
}
