// Reads the logs of one partition for the tool: how far each goes now, and its records, decoded.

import type { Topic } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import type { Admin, InRecord, Reader } from '@fleet/kafka'
import { readPartition } from '@fleet/stage'

export interface Decoded {
  readonly record: InRecord
  readonly value: unknown
}

export class PartitionLogs {
  readonly partition: number
  readonly #admin: Admin
  readonly #reader: Reader
  readonly #codec: Codec
  readonly #stopping: AbortSignal

  constructor(
    partition: number,
    sources: { admin: Admin; reader: Reader; codec: Codec; stopping: AbortSignal },
  ) {
    this.partition = partition
    this.#admin = sources.admin
    this.#reader = sources.reader
    this.#codec = sources.codec
    this.#stopping = sources.stopping
  }

  /** Where the committed records of a topic end now. */
  async end({ name }: Topic): Promise<number> {
    const offsets = await this.#admin.offsets(name)
    return offsets.find(({ partition }) => partition === this.partition)?.lastStable ?? 0
  }

  /** The first offset with an append time at or after the given. */
  async offsetAt({ name }: Topic, timestampMs: number): Promise<number> {
    const positions = await this.#admin.offsetsAtTime(name, Math.max(0, timestampMs))
    return positions.find(({ partition }) => partition === this.partition)?.offset ?? 0
  }

  /** Committed records with `from` <= offset < `to`, as bytes. */
  async read(
    topic: Topic,
    from: number,
    to: number,
    visit: (record: InRecord) => void,
  ): Promise<void> {
    const slice = { topic: topic.name, partition: this.partition, from, to }
    await readPartition(this.#reader, slice, this.#stopping, records => records.forEach(visit))
  }

  /** The same, decoded, in portions; records that can't be decoded have the value null. */
  async readDecoded(
    topic: Topic,
    from: number,
    to: number,
    visit: (portion: readonly Decoded[]) => Promise<void> | void,
  ): Promise<void> {
    const slice = { topic: topic.name, partition: this.partition, from, to }
    await readPartition(this.#reader, slice, this.#stopping, async records => {
      await this.#codec.prepare(records.map(({ value }) => value))
      await visit(records.map(record => ({ record, value: this.#valueOf(topic, record) })))
    })
  }

  #valueOf(topic: Topic, { value }: InRecord): unknown {
    if (value === null) return null
    try {
      return this.#codec.decode(topic, value)
    } catch {
      // What the stage could not read either: it left a dead letter.
      return null
    }
  }
}
