// What a fetch brings, made of the broker's log: batches with aborted data and markers among them, and
// the list of aborted transactions in any order. The product's own filter makes records of it, so that
// the simulation believes no more than production does.

import type { InRecord, MemoryBroker } from '@fleet/kafka'

import { committedRecords } from '../../../packages/kafka/src/committed-records.ts'
import type { Chance } from '../plan/chance.ts'

type Log = ReturnType<MemoryBroker['log']>
type Batches = Parameters<typeof committedRecords>[0]
type Batch = Batches[number]
type Aborted = Parameters<typeof committedRecords>[1]

/** Records from `from` to before `to`, where the log is decided. */
export function fetchedRecords(log: Log, from: number, to: number, chance: Chance): InRecord[] {
  const batches: Batch[] = []
  const aborted = new Map<object, Aborted[number]>()
  let lastTransaction: object | null = null
  for (const { offset, record, transaction } of log.entries(from, to)) {
    const isAborted = transaction?.state === 'aborted'
    const producerId = transaction?.producerId ?? -1
    if (isAborted && !aborted.has(transaction)) {
      aborted.set(transaction, { producerId, firstOffset: offset })
    }
    const last = batches.at(-1)
    if (record !== null && last?.control === false && lastTransaction === transaction) {
      last.records.push(record)
      last.lastOffset = offset
      continue
    }
    batches.push({
      baseOffset: offset,
      lastOffset: offset,
      producerId,
      transactional: transaction !== null,
      control: record === null,
      abortMarker: record === null && isAborted,
      records: record === null ? [] : [record],
    })
    lastTransaction = transaction
  }
  const list = [...aborted.values()]
  if (list.length > 1 && chance.happens(0.5)) list.reverse()
  return committedRecords(batches, list, from).records
}
