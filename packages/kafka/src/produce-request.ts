// The Produce request, version 7 (Kafka 2.1 and later), encoded into one buffer, and its answer. Pure.
//
//   Produce Request (7) => transactional_id:nullable_string acks:int16 timeout_ms:int32 [topics]
//     topics => topic:string [partition:int32 records:bytes]
//   Produce Response (7) => [topics] throttle_time_ms:int32
//     topics => topic:string [partition:int32 error_code:int16 base_offset:int64
//       log_append_time_ms:int64 log_start_offset:int64]

import type { ByteWriter } from './byte-writer.ts'
import type { Api } from './kafkajs-requests.ts'
import type { PartitionBatch, ProduceResponse } from './produce.ts'
import { encodeRecordBatch } from './record-batch-encoder.ts'
import type { BatchOrigin } from './record-batch-encoder.ts'
import { readLong } from './record-batch.ts'

export const produceApi: Api = {
  apiKey: 0,
  apiVersion: 7,
  apiName: 'Produce',
  throttle: 'last',
}

const allInSyncReplicas = -1

export interface ProduceRequest {
  transactionalId: string | null
  origin: BatchOrigin
  timeoutMs: number
  batches: readonly PartitionBatch[]
  /** Sequence of a batch's first record; asked for once per batch, in the order of the request. */
  firstSequence: (batch: PartitionBatch) => number
  nowMs: number
}

export function encodeProduceRequest(writer: ByteWriter, request: ProduceRequest): void {
  const byTopic = new Map<string, PartitionBatch[]>()
  for (const batch of request.batches) {
    const known = byTopic.get(batch.topic)
    if (known === undefined) byTopic.set(batch.topic, [batch])
    else known.push(batch)
  }
  writer.string(request.transactionalId)
  writer.reserve(10)
  writer.int16(allInSyncReplicas)
  writer.int32(request.timeoutMs)
  writer.int32(byTopic.size)
  for (const [topic, batches] of byTopic) {
    writer.string(topic)
    writer.reserve(4)
    writer.int32(batches.length)
    for (const batch of batches) encodePartition(writer, batch, request)
  }
}

function encodePartition(
  writer: ByteWriter,
  batch: PartitionBatch,
  { origin, firstSequence, nowMs }: ProduceRequest,
): void {
  writer.reserve(8)
  writer.int32(batch.partition)
  const sizeAt = writer.at
  writer.int32(0)
  encodeRecordBatch(writer, batch.records, origin, firstSequence(batch), nowMs)
  writer.bytes.writeInt32BE(writer.at - sizeAt - 4, sizeAt)
}

export function decodeProduceResponse(bytes: Buffer): ProduceResponse {
  let at = 0
  const int32 = (): number => {
    at += 4
    return bytes.readInt32BE(at - 4)
  }
  const topics: ProduceResponse['topics'] = []
  for (let left = int32(); left > 0; left--) {
    const nameLength = bytes.readInt16BE(at)
    const topicName = bytes.toString('utf8', at + 2, at + 2 + nameLength)
    at += 2 + nameLength
    const partitions: ProduceResponse['topics'][number]['partitions'] = []
    for (let count = int32(); count > 0; count--) {
      const partition = int32()
      const errorCode = bytes.readInt16BE(at)
      const baseOffset = readLong(bytes, at + 2)
      at += 2 + 8 + 8 + 8
      partitions.push({ partition, errorCode, baseOffset })
    }
    topics.push({ topicName, partitions })
  }
  return { topics }
}
