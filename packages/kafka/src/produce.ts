// Shared by the transactional writer and the appender: grouping records for a produce request and
// judging its answer. Pure.

import type { BrokerNode, KafkaJsMessage } from './kafkajs.ts'
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
  const open = new Map<string, { batch: PartitionBatch; bytes: number; round: number }>()
  for (const record of records) {
    const name = tpName(record)
    const bytes = recordBytes(record)
    const current = open.get(name)
    if (current !== undefined && current.bytes + bytes <= batchBytesMax) {
      current.batch.records.push(record)
      current.bytes += bytes
      continue
    }
    const round = current === undefined ? 0 : current.round + 1
    const batch = { topic: record.topic, partition: record.partition, records: [record] }
    open.set(name, { batch, bytes, round })
    const batches = rounds[round]
    if (batches === undefined) rounds.push([batch])
    else batches.push(batch)
  }
  return rounds
}

function toMessage(record: OutRecord): KafkaJsMessage {
  const message: KafkaJsMessage = { key: record.key, value: record.value }
  if (record.headers !== undefined) message.headers = record.headers
  return message
}

type ProduceRequest = Parameters<BrokerNode['produce']>[0]
type ProduceResponse = Awaited<ReturnType<BrokerNode['produce']>>

export function topicData(
  batches: readonly PartitionBatch[],
  firstSequence: (batch: PartitionBatch) => number,
): ProduceRequest['topicData'] {
  const byTopic = new Map<string, ProduceRequest['topicData'][number]>()
  for (const batch of batches) {
    const entry = {
      partition: batch.partition,
      firstSequence: firstSequence(batch),
      messages: batch.records.map(toMessage),
    }
    const known = byTopic.get(batch.topic)
    if (known === undefined) byTopic.set(batch.topic, { topic: batch.topic, partitions: [entry] })
    else known.partitions.push(entry)
  }
  return [...byTopic.values()]
}

export type Acknowledgement =
  { ok: true; offsets: CommittedOffset[] } | { ok: false; problem: string }

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
        return { ok: false, problem: `${name} refused with error ${errorCode}` }
      }
      offsets.push({ topic, partition, baseOffset: offset })
    }
  }
  const [first] = missing
  if (first !== undefined) return { ok: false, problem: `${first} not acknowledged` }
  return { ok: true, offsets }
}
