// Reads partitions of a topic as they are now, committed records only, and stops at their ends.

import type { Admin, InRecord, Reader } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'

const takeRecordsMax = 500
const waitMs = 500

export interface LogReading {
  readonly admin: Pick<Admin, 'offsets' | 'offsetsAtTime'>
  readonly reader: Reader
  readonly stopping: AbortSignal
}

/** Offsets of one partition. */
export interface Span {
  readonly from: number
  /** Records before it are read. */
  readonly to: number
}

/** What there is of each partition: from its first record to its last committed one. */
export async function spansOf({ admin }: LogReading, topic: string): Promise<Span[]> {
  const offsets = await admin.offsets(topic)
  return offsets
    .toSorted((left, right) => left.partition - right.partition)
    .map(({ logStart, lastStable }) => ({ from: logStart, to: lastStable }))
}

/** @throws FleetError STOPPED (transient) when `stopping` is aborted first. */
export async function* readSpan(
  { reader, stopping }: LogReading,
  { topic, partition, from, to }: Span & { topic: string; partition: number },
): AsyncGenerator<InRecord[]> {
  let at = from
  if (at >= to) return
  const stream = reader.open([{ topic, partition, offset: at }])
  const stop = (): void => stream.wake()
  stopping.addEventListener('abort', stop, { once: true })
  try {
    while (at < to) {
      if (stopping.aborted) throw new FleetError('STOPPED', 'transient', 'stopped while reading')
      const chunk = await Promise.race([stream.take(takeRecordsMax, waitMs), reader.failed])
      const records = chunk.records.filter(({ offset }) => offset < to)
      if (records.length > 0) yield records
      at = chunk.positions[0]?.offset ?? at
    }
  } finally {
    stopping.removeEventListener('abort', stop)
    stream.close()
  }
}
