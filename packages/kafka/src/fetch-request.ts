// The Fetch request, version 11 (Kafka 2.3 and later), without fetch sessions, committed isolation. Pure.
//
//   Fetch Request (11) => replica_id:int32 max_wait_ms:int32 min_bytes:int32 max_bytes:int32
//     isolation_level:int8 session_id:int32 session_epoch:int32 [topics] [forgotten] rack_id:string
//     topics => topic:string [partitions]
//       partitions => partition:int32 current_leader_epoch:int32 fetch_offset:int64
//         log_start_offset:int64 partition_max_bytes:int32

import type { ByteWriter } from './byte-writer.ts'
import type { Api } from './kafkajs-requests.ts'
import type { TopicPartition } from './record.ts'

export const fetchApi: Api = { apiKey: 1, apiVersion: 11, apiName: 'Fetch', throttle: 'first' }

export interface FetchPartition extends TopicPartition {
  offset: number
  bytesMax: number
}

const consumer = -1
const readCommitted = 1
const noSession = 0
const noSessionEpoch = -1
const fixedBytes = 29
const partitionBytes = 28

export function encodeFetchRequest(
  writer: ByteWriter,
  partitions: readonly FetchPartition[],
  waitMs: number,
  bytesMax: number,
): void {
  const byTopic = new Map<string, FetchPartition[]>()
  for (const wanted of partitions) {
    const known = byTopic.get(wanted.topic)
    if (known === undefined) byTopic.set(wanted.topic, [wanted])
    else known.push(wanted)
  }
  writer.reserve(fixedBytes)
  writer.int32(consumer)
  writer.int32(waitMs)
  writer.int32(1) // an answer as soon as there is a byte
  writer.int32(bytesMax)
  writer.int8(readCommitted)
  writer.int32(noSession)
  writer.int32(noSessionEpoch)
  writer.int32(byTopic.size)
  for (const [topic, wanted] of byTopic) {
    writer.string(topic)
    writer.reserve(4 + partitionBytes * wanted.length)
    writer.int32(wanted.length)
    for (const { partition, offset, bytesMax: partitionBytesMax } of wanted) {
      writer.int32(partition)
      writer.int32(-1) // leader epoch: not checked
      writer.int64(offset)
      writer.int64(-1) // log start offset: a follower's field
      writer.int32(partitionBytesMax)
    }
  }
  writer.reserve(4)
  writer.int32(0) // nothing forgotten: there is no session
  writer.string('')
}
