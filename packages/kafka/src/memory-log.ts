// The log of one partition of the in-memory broker: records and control markers at offsets, open
// transactions, last stable offset. It follows Kafka's rules, not kafkajs's.

import { traceparentHeader } from './record.ts'
import type { InRecord, OutRecord } from './record.ts'

interface Entry {
  record: InRecord | null
  /** Null outside transactions. */
  transaction: Transaction | null
}

export interface MemoryLogEntry extends Readonly<Entry> {
  readonly offset: number
}

export interface Transaction {
  producerId: number
  state: 'open' | 'committed' | 'aborted'
}

export class MemoryLog {
  readonly topic: string
  readonly partition: number
  readonly #entries: Entry[] = []
  readonly #open = new Map<Transaction, number>()
  #logStart = 0

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  get logStart(): number {
    return this.#logStart
  }

  get end(): number {
    return this.#logStart + this.#entries.length
  }

  /** Nothing at or after it is decided yet: readers of committed records stop here. */
  get lastStable(): number {
    let stable = this.end
    for (const first of this.#open.values()) stable = Math.min(stable, first)
    return stable
  }

  append(record: OutRecord, timestampMs: number, transaction: Transaction | null): number {
    const offset = this.end
    if (transaction !== null && !this.#open.has(transaction)) this.#open.set(transaction, offset)
    const bytes = (value: Buffer | string | null): Buffer | null =>
      value === null ? null : Buffer.from(value)
    const headers: Record<string, Buffer> = {}
    for (const [name, value] of Object.entries(record.headers ?? {})) {
      headers[name] = Buffer.from(value)
    }
    if (record.traceparent !== undefined) {
      headers[traceparentHeader] = Buffer.from(record.traceparent)
    }
    this.#entries.push({
      record: {
        topic: this.topic,
        partition: this.partition,
        offset,
        timestampMs,
        key: bytes(record.key),
        value: bytes(record.value),
        headers,
      },
      transaction,
    })
    return offset
  }

  /**
   * Writes the marker that ends a transaction here. It takes an offset of its own, as in Kafka, also
   * where the transaction has written nothing.
   */
  finish(transaction: Transaction): void {
    this.#open.delete(transaction)
    this.#entries.push({ record: null, transaction })
  }

  /** Committed records from `offset` on, below the last stable offset, and where to go on. */
  read(offset: number, max: number): { records: InRecord[]; nextOffset: number } {
    const records: InRecord[] = []
    const stable = this.lastStable
    let at = Math.max(offset, this.#logStart)
    for (; at < stable && records.length < max; at++) {
      const entry = this.#entries[at - this.#logStart]
      if (entry === undefined || entry.record === null) continue
      if (entry.transaction !== null && entry.transaction.state !== 'committed') continue
      records.push(entry.record)
    }
    return { records, nextOffset: at }
  }

  /** Everything at its offset, markers (no record) and undecided or aborted records included. */
  *entries(from = this.#logStart, to = this.end): IterableIterator<MemoryLogEntry> {
    for (let offset = Math.max(from, this.#logStart); offset < to; offset++) {
      const entry = this.#entries[offset - this.#logStart]
      if (entry !== undefined) yield { offset, ...entry }
    }
  }

  /** Retention: forgets everything before `offset`. */
  deleteBefore(offset: number): void {
    const count = Math.min(Math.max(0, offset - this.#logStart), this.#entries.length)
    this.#entries.splice(0, count)
    this.#logStart += count
  }

  firstOffsetAt(timestampMs: number): number {
    const index = this.#entries.findIndex(
      ({ record }) => record !== null && record.timestampMs >= timestampMs,
    )
    return index < 0 ? this.end : this.#logStart + index
  }
}
