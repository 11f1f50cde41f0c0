// The table of a stage, as far as it is committed when its task has been fenced: whoever wrote to it
// before has either committed or never will.

import type { Topic } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import type { Broker, InRecord, Reader } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'
import type { Clock, Random } from '@fleet/runtime'

import { awaitSchemas } from './await-schemas.ts'
import { readPartition } from './read-partition.ts'

export interface TableSlice {
  readonly broker: Pick<Broker, 'openAdmin'>
  readonly reader: Reader
  readonly codec: Codec
  readonly clock: Clock
  readonly random: Random
  readonly partition: number
  /** A large log takes a while, an unreachable one for ever: neither may hold up a stop. */
  readonly stopping: AbortSignal
  /** Told of each attempt to get the schemas of its records that failed. */
  onWaiting(error: unknown, attempt: number): void
}

/**
 * All of it, in log order, the schemas of its records at hand. Where it ends is asked and not taken from
 * what is fetched: a broker that has just begun to lead may not know yet how much is committed, which
 * answers to that question account for (KIP-207).
 * @throws FleetError TRANSACTION_LOST (transient): stopped before its end was reached.
 */
export async function readTable(
  topic: Topic,
  slice: TableSlice,
  take: (key: string, value: Buffer | null) => void,
): Promise<void> {
  const { reader, partition, stopping } = slice
  const to = await endOf(topic, slice)
  const stopped = (): FleetError =>
    new FleetError('TRANSACTION_LOST', 'transient', 'stopped while restoring')
  if (stopping.aborted) throw stopped()
  const visit = async (records: readonly InRecord[]): Promise<void> => {
    if (!(await awaitSchemas(records, stopping, slice, slice.onWaiting))) throw stopped()
    for (const { key, value } of records) take(key?.toString('utf8') ?? '', value)
  }
  await readPartition(reader, { topic: topic.name, partition, from: -1, to }, stopping, visit)
}

async function endOf({ name }: Topic, { broker, partition }: TableSlice): Promise<number> {
  const admin = await broker.openAdmin()
  try {
    const offsets = await admin.offsets(name)
    return offsets.find(each => each.partition === partition)?.lastStable ?? 0
  } finally {
    await admin.close()
  }
}
