// Decodes a Fetch response, version 11, from bytes.
//
//   Fetch Response (11) => throttle_time_ms:int32 error_code:int16 session_id:int32 [responses]
//     responses => topic:string [partitions]
//       partitions => partition:int32 error_code:int16 high_watermark:int64 last_stable_offset:int64
//         log_start_offset:int64 [aborted: producer_id:int64 first_offset:int64]
//         preferred_read_replica:int32 records:bytes

import { readLong } from './record-batch.ts'

export interface AbortedTransaction {
  producerId: number
  firstOffset: number
}

export interface FetchedPartition {
  topic: string
  partition: number
  errorCode: number
  lastStableOffset: number
  logStartOffset: number
  aborted: AbortedTransaction[]
  records: Buffer
}

export function decodeFetchResponse(bytes: Buffer): FetchedPartition[] {
  const out: FetchedPartition[] = []
  let at = 10
  const int32 = (): number => {
    at += 4
    return bytes.readInt32BE(at - 4)
  }
  const int64 = (): number => {
    at += 8
    return readLong(bytes, at - 8)
  }
  const topicCount = int32()
  for (let t = 0; t < topicCount; t++) {
    const nameLength = bytes.readInt16BE(at)
    const topic = bytes.toString('utf8', at + 2, at + 2 + nameLength)
    at += 2 + nameLength
    const partitionCount = int32()
    for (let p = 0; p < partitionCount; p++) {
      const partition = int32()
      const errorCode = bytes.readInt16BE(at)
      at += 2 + 8 // the high watermark is not used: readers go by the last stable offset
      const lastStableOffset = int64()
      const logStartOffset = int64()
      const aborted: AbortedTransaction[] = []
      const abortedCount = int32()
      for (let a = 0; a < abortedCount; a++) {
        aborted.push({ producerId: int64(), firstOffset: int64() })
      }
      at += 4
      const size = Math.max(0, int32())
      const part = bytes.subarray(at, at + size)
      // Records are views of these bytes: a small part that waits must not hold the whole answer.
      const records = size * 4 < bytes.length ? Buffer.from(part) : part
      at += size
      out.push({ topic, partition, errorCode, lastStableOffset, logStartOffset, aborted, records })
    }
  }
  return out
}
