// The table of a stage, up to where it ended when its task had been fenced: whoever wrote to it before has
// either committed or never will.

import type { Topic } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import type { InRecord, Reader } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'
import type { Clock, Random } from '@fleet/runtime'

import { awaitSchemas } from './await-schemas.ts'
import { readPartition } from './read-partition.ts'

export interface TableSlice {
  readonly reader: Reader
  readonly codec: Codec
  readonly clock: Clock
  readonly random: Random
  readonly partition: number
  /** A large log takes a while, an unreachable one for ever: neither may hold up a stop. */
  readonly stopping: AbortSignal
  /** Told of each attempt to get the schemas of its records that failed, and when it goes on. */
  onWaiting(error: unknown, attempt: number): void
  onReady(): void
}

/**
 * Its records before `to`, in log order, the schemas of their values at hand.
 * @throws FleetError STOPPED, TRANSACTION_LOST (transient): stopped before the end was reached.
 */
export async function readTable(
  { name: topic }: Topic,
  to: number,
  slice: TableSlice,
  take: (key: string, value: Buffer | null) => void,
): Promise<void> {
  const { reader, partition, stopping } = slice
  const visit = async (records: readonly InRecord[]): Promise<void> => {
    if (!(await awaitSchemas(records, stopping, slice, slice.onWaiting))) {
      throw new FleetError('TRANSACTION_LOST', 'transient', 'stopped while restoring')
    }
    slice.onReady()
    for (const { key, value } of records) take(key?.toString('utf8') ?? '', value)
  }
  await readPartition(reader, { topic, partition, from: -1, to }, stopping, visit)
}
