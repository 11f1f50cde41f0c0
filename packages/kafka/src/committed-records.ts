// Which fetched records are committed. The rule of the Java client's CompletedFetch: walk the batches
// in offset order; a producer is aborting from the first offset the broker names for it until its own
// abort marker. kafkajs's filter opens at most one aborted transaction per record, trusts the order
// of the broker's list and takes a data key of four zero bytes for a marker; each leaks aborted data.

import type { AbortedTransaction } from './fetch-response.ts'
import type { RecordBatch } from './record-batch.ts'
import type { InRecord } from './record.ts'

export interface CommittedSlice {
  records: InRecord[]
  /** Where the next fetch goes on: past control records, aborted records and compaction gaps. */
  nextOffset: number
}

/** Committed records at or after `position`; batches may start before it. */
export function committedRecords(
  batches: readonly RecordBatch[],
  abortedTransactions: readonly AbortedTransaction[],
  position: number,
): CommittedSlice {
  const upcoming = abortedTransactions.toSorted((a, b) => a.firstOffset - b.firstOffset)
  const aborting = new Set<number>()
  const records: InRecord[] = []
  let nextUpcoming = 0
  let nextOffset = position
  for (const batch of batches) {
    while (nextUpcoming < upcoming.length) {
      const transaction = upcoming[nextUpcoming]
      if (transaction === undefined || transaction.firstOffset > batch.lastOffset) break
      aborting.add(transaction.producerId)
      nextUpcoming++
    }
    nextOffset = Math.max(nextOffset, batch.lastOffset + 1)
    if (batch.control) {
      if (batch.abortMarker) aborting.delete(batch.producerId)
      continue
    }
    if (batch.transactional && aborting.has(batch.producerId)) continue
    for (const record of batch.records) if (record.offset >= position) records.push(record)
  }
  return { records, nextOffset }
}
