// Reads one partition of a topic from an offset up to another, committed records only: for tools that
// look at a log as it is now.

import type { InRecord, Reader } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'

import { FailureWatch } from './failure-watch.ts'

const takeRecordsMax = 5000
const waitMs = 500

export interface PartitionSlice {
  readonly topic: string
  readonly partition: number
  /** -1: the start of the log. */
  readonly from: number
  /** Records before it are read. */
  readonly to: number
}

/** @throws FleetError STOPPED (transient) when `stopping` is aborted first. */
export async function readPartition(
  reader: Reader,
  { topic, partition, from, to }: PartitionSlice,
  stopping: AbortSignal,
  visit: (records: readonly InRecord[]) => Promise<void> | void,
): Promise<void> {
  if (to <= Math.max(0, from)) return
  const stream = reader.open([{ topic, partition, offset: from }])
  const watch = new FailureWatch(reader, stream)
  const stop = (): void => stream.wake()
  stopping.addEventListener('abort', stop, { once: true })
  try {
    for (;;) {
      if (stopping.aborted) throw new FleetError('STOPPED', 'transient', 'stopped while reading')
      watch.check()
      const chunk = await stream.take(takeRecordsMax, waitMs)
      const records = chunk.records.filter(({ offset }) => offset < to)
      if (records.length > 0) await visit(records)
      if ((chunk.positions[0]?.offset ?? -1) >= to) return
    }
  } finally {
    stopping.removeEventListener('abort', stop)
    watch.end()
    stream.close()
  }
}
