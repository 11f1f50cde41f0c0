// The logs of one partition, for a rebuild: how far they reach, and their committed records.

import type { Topic } from '@fleet/contracts'
import type { Admin, InRecord, Reader } from '@fleet/kafka'

import { readPartition } from '../read-partition.ts'

export interface LogSources {
  readonly admin: Pick<Admin, 'offsets'>
  readonly reader: Reader
  readonly stopping: AbortSignal
}

export interface Reach {
  /** The first record that is still there, or where it will be. */
  readonly start: number
  readonly end: number
}

export class PartitionLogs {
  readonly partition: number
  readonly sources: LogSources

  constructor(partition: number, sources: LogSources) {
    this.partition = partition
    this.sources = sources
  }

  async reach({ name }: Topic): Promise<Reach> {
    const offsets = await this.sources.admin.offsets(name)
    const own = offsets.find(({ partition }) => partition === this.partition)
    return { start: own?.logStart ?? 0, end: own?.lastStable ?? 0 }
  }

  /** All of it, in portions. */
  async read(
    topic: Topic,
    visit: (records: readonly InRecord[]) => Promise<void> | void,
  ): Promise<void> {
    const { reader, stopping } = this.sources
    const { end: to } = await this.reach(topic)
    const slice = { topic: topic.name, partition: this.partition, from: -1, to }
    await readPartition(reader, slice, stopping, visit)
  }
}
