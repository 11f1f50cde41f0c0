// Shared by the transactional writer and the appender: grouping records for a produce request and
// judging its answer. Pure.

import { recordBytes } from './record.ts'
import type { CommittedOffset } from './ports.ts'
import type { OutRecord, TopicPartition } from './record.ts'

/** Records of one partition in one record batch. */
export interface PartitionBatch extends TopicPartition {
  records: OutRecord[]
}

/**
 * Keeps a batch below every topic's limit (1 MiB and more); what is larger than this alone goes alone.
 * Beyond it a partition's records are spread over further requests of the same transaction.
 */
export const batchBytesMax = 768 * 1024

export function tpName({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}

/** Rounds of requests: each partition at most once a round, its records in order. */
export function batchRounds(records: readonly OutRecord[]): PartitionBatch[][] {
  const rounds: PartitionBatch[][] = []
  // By topic, then by partition: no name has to be built for each record.
  const open = new Map<string, Map<number, OpenBatch>>()
  for (const record of records) {
    const { topic, partition } = record
    const bytes = record.bytes ?? recordBytes(record)
    let ofTopic = open.get(topic)
    if (ofTopic === undefined) open.set(topic, (ofTopic = new Map()))
    const current = ofTopic.get(partition)
    if (current !== undefined && current.bytes + bytes <= batchBytesMax) {
      current.records.push(record)
      current.bytes += bytes
      continue
    }
    const round = current === undefined ? 0 : current.round + 1
    const batch: OpenBatch = { topic, partition, records: [record], bytes, round }
    ofTopic.set(partition, batch)
    const batches = rounds[round]
    if (batches === undefined) rounds.push([batch])
    else batches.push(batch)
  }
  return rounds
}

interface OpenBatch extends PartitionBatch {
  bytes: number
  round: number
}

/** What a leader answers; the offset is -1 when nothing was written. */
export interface ProduceResponse {
  topics: {
    topicName: string
    partitions: { partition: number; errorCode: number; baseOffset?: number | string }[]
  }[]
}

export type Acknowledgement =
  | { ok: true; offsets: CommittedOffset[] }
  /** With the broker's error code where it gave one. */
  | { ok: false; problem: string; errorCode?: number }

/**
 * Exact cover: every partition sent is acknowledged once, without error, with an offset; nothing else
 * is. Anything less means records may be missing or doubled (reliability F1).
 */
export function exactCover(
  sent: readonly TopicPartition[],
  response: ProduceResponse,
): Acknowledgement {
  const missing = new Set(sent.map(tpName))
  const offsets: CommittedOffset[] = []
  for (const { topicName: topic, partitions } of response.topics) {
    for (const { partition, errorCode, baseOffset } of partitions) {
      const name = tpName({ topic, partition })
      if (!missing.delete(name)) return { ok: false, problem: `${name} acknowledged unasked` }
      const offset = Number(baseOffset ?? -1)
      if (errorCode !== 0 || offset < 0) {
        return { ok: false, problem: `${name} refused with error ${errorCode}`, errorCode }
      }
      offsets.push({ topic, partition, baseOffset: offset })
    }
  }
  const [first] = missing
  if (first !== undefined) return { ok: false, problem: `${first} not acknowledged` }
  return { ok: true, offsets }
}

/** Why a send was not covered, with the broker's reason as its cause. */
export function coverError(
  { problem, errorCode }: Acknowledgement & { ok: false },
  errorOf: (errorCode: number) => Error,
): Error {
  if (errorCode === undefined || errorCode === 0) return new Error(problem)
  const cause = errorOf(errorCode)
  return new Error(`${problem}: ${cause.message}`, { cause })
}
