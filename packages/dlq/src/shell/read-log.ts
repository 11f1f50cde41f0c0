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

/** The first offset after each partition's last committed record. */
export async function endsOf({ admin }: LogReading, topic: string): Promise<number[]> {
  const offsets = await admin.offsets(topic)
  return offsets
    .toSorted((left, right) => left.partition - right.partition)
    .map(({ lastStable }) => lastStable)
}

/** @throws FleetError STOPPED (transient) when `stopping` is aborted first. */
export async function* readUpTo(
  { admin, reader, stopping }: LogReading,
  place: { topic: string; partition: number; from: number; to: number },
): AsyncGenerator<InRecord[]> {
  const { topic, partition, to } = place
  const offsets = await admin.offsets(topic)
  const { logStart = 0 } = offsets.find(each => each.partition === partition) ?? {}
  let at = Math.max(logStart, place.from)
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
