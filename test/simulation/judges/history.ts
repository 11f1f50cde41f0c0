// What the logs hold after a run: every committed record, decoded once. Read from the broker's logs
// themselves, not through a reader, so that a reader's mistake is not shared.

import type { Codec } from '@fleet/codec'
import { topics } from '@fleet/contracts'
import type { StageName, Topic } from '@fleet/contracts'
import type { InRecord, MemoryBroker } from '@fleet/kafka'

export type LogEntry =
  ReturnType<ReturnType<MemoryBroker['log']>['entries']> extends Iterable<infer Entry>
    ? Entry
    : never

/** One transaction, or null for a record that was appended without. */
export type Transaction = LogEntry['transaction']

export interface Entry {
  readonly record: InRecord
  readonly transaction: Transaction
}

export class History {
  readonly partitions: number
  readonly #broker: MemoryBroker
  readonly #codec: Codec
  readonly #entries = new Map<string, readonly Entry[]>()
  readonly #offsets = new Map<string, ReadonlySet<number>>()
  readonly #values = new Map<InRecord, unknown>()

  constructor(broker: MemoryBroker, codec: Codec, partitions: number) {
    this.#broker = broker
    this.#codec = codec
    this.partitions = partitions
  }

  /** Committed records only, in log order. */
  committed(topic: Topic, partition: number): readonly Entry[] {
    const name = `${topic.name}/${partition}`
    let entries = this.#entries.get(name)
    if (entries === undefined) {
      entries = this.#read(topic, partition)
      this.#entries.set(name, entries)
    }
    return entries
  }

  isCommitted(topic: Topic, partition: number, offset: number): boolean {
    const name = `${topic.name}/${partition}`
    let offsets = this.#offsets.get(name)
    if (offsets === undefined) {
      offsets = new Set(this.committed(topic, partition).map(({ record }) => record.offset))
      this.#offsets.set(name, offsets)
    }
    return offsets.has(offset)
  }

  /** Committed records of all partitions, partition by partition. */
  allCommitted(topic: Topic): readonly Entry[] {
    return Array.from({ length: this.partitions }, (_, partition) =>
      this.committed(topic, partition),
    ).flat()
  }

  /** The decoded value; null for a tombstone. */
  value<Value>(topic: Topic, { record }: Entry): Value | null {
    if (record.value === null) return null
    if (!this.#values.has(record)) {
      this.#values.set(record, this.#codec.decode(topic, record.value))
    }
    return this.#values.get(record) as Value
  }

  /** Where a stage stands in its inputs by its last committed progress. */
  positions(stage: StageName, partition: number): Record<string, number> {
    const entries = this.committed(topics.changelogs[stage], partition)
    const last = entries.findLast(({ record }) => record.key?.toString('utf8') === '!progress')
    if (last === undefined || last.record.value === null) return {}
    const text = last.record.value.toString('utf8')
    return (JSON.parse(text) as { positions: Record<string, number> }).positions
  }

  #read(topic: Topic, partition: number): Entry[] {
    const entries: Entry[] = []
    for (const { record, transaction } of this.#broker
      .log({ topic: topic.name, partition })
      .entries()) {
      if (record === null) continue
      if (transaction === null || transaction.state === 'committed') {
        entries.push({ record, transaction })
      }
    }
    return entries
  }
}

/** Coordinates as one word. */
export function placeOf(place: { topic: string; partition: number; offset: number }): string {
  return `${place.topic}-${place.partition}@${place.offset}`
}

export interface Violation {
  /** Jepsen's name where it has one. */
  readonly rule: string
  readonly detail: string
}
