// Answers with an error in them, for a proxy: bodies as a broker would write them, in the versions the
// adapter speaks (InitProducerId 1, AddPartitionsToTxn 1, EndTxn 1, Produce 3-7).

import { apiKeys } from './kafka-proxy.ts'
import type { ProxiedRequest, WireAction } from './kafka-proxy.ts'

const errorCodes: Readonly<Record<string, number>> = {
  NOT_LEADER_OR_FOLLOWER: 6,
  COORDINATOR_LOAD_IN_PROGRESS: 14,
  COORDINATOR_NOT_AVAILABLE: 15,
  NOT_COORDINATOR: 16,
  NOT_ENOUGH_REPLICAS: 19,
  INVALID_PRODUCER_EPOCH: 47,
  CONCURRENT_TRANSACTIONS: 51,
}

/** Of a Produce the broker does what was asked, and the client is told that it refused `of`. */
export function refusal(
  request: ProxiedRequest,
  error: string,
  of: readonly number[] | undefined,
): WireAction {
  const code = errorCodes[error]
  if (code === undefined) throw new Error(`no code for ${error}`)
  switch (request.apiKey) {
    case apiKeys.InitProducerId:
      return { kind: 'answer', body: initProducerId(code) }
    case apiKeys.AddPartitionsToTxn:
      return { kind: 'answer', body: addPartitions(request.body, code) }
    case apiKeys.EndTxn:
      return { kind: 'answer', body: Buffer.concat([int32(0), int16(code)]) }
    case apiKeys.Produce:
      return { kind: 'edit', edit: body => refusePartitions(body, request.apiVersion, code, of) }
    default:
      throw new Error(`no refusal for api ${request.apiKey}`)
  }
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** throttle_time_ms:int32 error_code:int16 producer_id:int64 producer_epoch:int16 */
function initProducerId(code: number): Buffer {
  return Buffer.concat([int32(0), int16(code), Buffer.alloc(10, 255)])
}

/**
 * Request: transactional_id:string producer_id:int64 producer_epoch:int16 [topic:string [int32]].
 * Response: throttle_time_ms:int32 [topic:string [partition:int32 error_code:int16]]
 */
function addPartitions(request: Buffer, code: number): Buffer {
  let at = 2 + request.readInt16BE(0) + 8 + 2
  const topics = request.readInt32BE(at)
  at += 4
  const parts: Buffer[] = [int32(0), int32(topics)]
  for (let topic = 0; topic < topics; topic++) {
    const nameEnd = at + 2 + request.readInt16BE(at)
    const count = request.readInt32BE(nameEnd)
    parts.push(request.subarray(at, nameEnd + 4))
    at = nameEnd + 4
    for (let index = 0; index < count; index++, at += 4) {
      parts.push(request.subarray(at, at + 4), int16(code))
    }
  }
  return Buffer.concat(parts)
}

/**
 * [topic:string [partition:int32 error_code:int16 base_offset:int64 log_append_time:int64
 * log_start_offset:int64 (from version 5)]] throttle_time_ms:int32
 */
function refusePartitions(
  answer: Buffer,
  apiVersion: number,
  code: number,
  of: readonly number[] | undefined,
): Buffer {
  const bytes = Buffer.from(answer)
  const rest = apiVersion >= 5 ? 24 : 16
  let at = 4
  for (let topic = bytes.readInt32BE(0); topic > 0; topic--) {
    at += 2 + bytes.readInt16BE(at)
    const count = bytes.readInt32BE(at)
    at += 4
    for (let index = 0; index < count; index++, at += 6 + rest) {
      if (of !== undefined && !of.includes(bytes.readInt32BE(at))) continue
      bytes.writeInt16BE(code, at + 4)
      bytes.writeBigInt64BE(-1n, at + 6)
    }
  }
  return bytes
}
