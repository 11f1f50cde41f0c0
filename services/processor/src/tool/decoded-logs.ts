// The logs of one partition, for the tool: as bytes, and decoded from an offset on.

import type { Topic } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import type { Admin, InRecord } from '@fleet/kafka'
import { PartitionLogs, readPartition } from '@fleet/stage'
import type { LogSources, TableSource } from '@fleet/stage'

export interface Decoded {
  readonly record: InRecord
  readonly value: unknown
}

export interface DecodedSources extends LogSources {
  readonly admin: Admin
  readonly codec: Codec
}

export class DecodedLogs extends PartitionLogs {
  readonly #admin: Admin
  readonly #codec: Codec

  constructor(partition: number, sources: DecodedSources) {
    super(partition, sources)
    this.#admin = sources.admin
    this.#codec = sources.codec
  }

  /** Where the committed records of a topic end now. */
  async end(topic: Topic): Promise<number> {
    return (await this.reach(topic)).end
  }

  /** The first offset with an append time at or after the given. */
  async offsetAt({ name }: Topic, timestampMs: number): Promise<number> {
    const positions = await this.#admin.offsetsAtTime(name, Math.max(0, timestampMs))
    return positions.find(({ partition }) => partition === this.partition)?.offset ?? 0
  }

  /** All committed records of a table, in portions, ready for `tableSource`. */
  async readTable(topic: Topic, visit: (records: readonly InRecord[]) => void): Promise<void> {
    await this.read(topic, async records => {
      await this.#codec.prepare(records.map(({ value }) => value))
      visit(records)
    })
  }

  tableSource(topic: Topic): TableSource {
    return { name: topic.name, decode: value => this.#codec.decode(topic, value) }
  }

  /**
   * Committed records with `from` <= offset < `to`, decoded, in portions; those that can't be decoded have
   * the value null.
   */
  async readDecoded(
    topic: Topic,
    from: number,
    to: number,
    visit: (portion: readonly Decoded[]) => Promise<void> | void,
  ): Promise<void> {
    const slice = { topic: topic.name, partition: this.partition, from, to }
    const { reader, stopping } = this.sources
    await readPartition(reader, slice, stopping, async records => {
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
