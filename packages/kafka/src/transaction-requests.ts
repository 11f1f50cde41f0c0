// AddPartitionsToTxn and EndTxn, version 1 (Kafka 2.0 and later), and the error codes of their answers.
// Pure.
//
//   AddPartitionsToTxn Request (1) => transactional_id:string producer_id:int64 producer_epoch:int16
//     [topics: topic:string [partition:int32]]
//   AddPartitionsToTxn Response (1) => throttle_time_ms:int32
//     [results: topic:string [partition:int32 error_code:int16]]
//   EndTxn Request (1) => transactional_id:string producer_id:int64 producer_epoch:int16 committed:bool
//   EndTxn Response (1) => throttle_time_ms:int32 error_code:int16

import type { ByteWriter } from './byte-writer.ts'
import type { Api } from './kafkajs-requests.ts'
import type { TopicPartition } from './record.ts'

export const addPartitionsApi: Api = {
  apiKey: 24,
  apiVersion: 1,
  apiName: 'AddPartitionsToTxn',
  throttle: 'first',
}
export const endTransactionApi: Api = {
  apiKey: 26,
  apiVersion: 1,
  apiName: 'EndTxn',
  throttle: 'first',
}

/** What the neighbours of a refused partition get. */
const operationNotAttempted = 55

export interface TransactionIdentity {
  transactionalId: string
  producerId: number
  producerEpoch: number
}

function encodeIdentity(writer: ByteWriter, identity: TransactionIdentity): void {
  writer.string(identity.transactionalId)
  writer.reserve(10)
  writer.int64(identity.producerId)
  writer.int16(identity.producerEpoch)
}

export function encodeAddPartitions(
  writer: ByteWriter,
  identity: TransactionIdentity,
  added: readonly TopicPartition[],
): void {
  encodeIdentity(writer, identity)
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of added) {
    const partitions = byTopic.get(topic)
    if (partitions === undefined) byTopic.set(topic, [partition])
    else partitions.push(partition)
  }
  writer.reserve(4)
  writer.int32(byTopic.size)
  for (const [topic, partitions] of byTopic) {
    writer.string(topic)
    writer.reserve(4 + 4 * partitions.length)
    writer.int32(partitions.length)
    for (const partition of partitions) writer.int32(partition)
  }
}

/** The first error that is a cause; 0 when all partitions are in the transaction. */
export function decodeAddPartitions(bytes: Buffer): number {
  let found = 0
  let at = 4
  const int32 = (): number => {
    at += 4
    return bytes.readInt32BE(at - 4)
  }
  for (let topics = int32(); topics > 0; topics--) {
    at += 2 + bytes.readInt16BE(at)
    for (let partitions = int32(); partitions > 0; partitions--) {
      const errorCode = bytes.readInt16BE(at + 4)
      if (found === 0 || found === operationNotAttempted)
        found = errorCode === 0 ? found : errorCode
      at += 6
    }
  }
  return found
}

export function encodeEndTransaction(
  writer: ByteWriter,
  identity: TransactionIdentity,
  committed: boolean,
): void {
  encodeIdentity(writer, identity)
  writer.reserve(1)
  writer.int8(committed ? 1 : 0)
}

export function decodeEndTransaction(bytes: Buffer): number {
  return bytes.readInt16BE(4)
}
