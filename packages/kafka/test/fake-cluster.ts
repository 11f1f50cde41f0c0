// A kafkajs cluster that answers as a test says, for the parts of the adapter that decide by
// themselves: who is fetched from, when to join again, what a full or leaderless partition holds up.

import { createRequire } from 'node:module'

import type { BrokerNode, Cluster } from '../src/kafkajs.ts'
import type { Connection } from '../src/kafkajs-requests.ts'

const require = createRequire(import.meta.url)
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch: (options: unknown) => Promise<{ buffer: Buffer }>
}
const Record = require('kafkajs/src/protocol/recordBatch/record/v0') as (
  options: unknown,
) => unknown

export interface FakeCluster extends Cluster {
  /** `topic/partition` to node id; -1 is none. */
  readonly leaders: Map<string, number>
  readonly nodes: Map<string, Partial<BrokerNode>>
  readonly calls: string[]
}

/** Every method may be replaced by a test. */
export function fakeCluster(leaders: Readonly<globalThis.Record<string, number>>): FakeCluster {
  const calls: string[] = []
  const nodes = new Map<string, Partial<BrokerNode>>()
  const known = new Map(Object.entries(leaders))
  const call = (name: string): Promise<void> => {
    calls.push(name)
    return Promise.resolve()
  }
  return {
    leaders: known,
    nodes,
    calls,
    connect: () => call('connect'),
    disconnect: () => call('disconnect'),
    refreshMetadata: () => call('refreshMetadata'),
    refreshMetadataIfNecessary: () => Promise.resolve(),
    addMultipleTargetTopics: () => call('addMultipleTargetTopics'),
    removeBroker: () => {},
    findBroker: ({ nodeId }) => Promise.resolve(nodes.get(String(nodeId)) as BrokerNode),
    findGroupCoordinator: () => Promise.resolve(nodes.get('coordinator') as BrokerNode),
    findTopicPartitionMetadata: topic =>
      [...known]
        .filter(([name]) => name.startsWith(`${topic}/`))
        .map(([name, leader]) => ({
          partitionId: Number(name.slice(topic.length + 1)),
          leader,
          partitionErrorCode: leader < 0 ? 5 : 0,
        })),
  }
}

export function protocolError(type: string): Error {
  return Object.assign(new Error(type), { name: 'KafkaJSProtocolError', type })
}

/** One batch that holds one record at `offset`. */
export async function batchAt(offset: number, value: string): Promise<Buffer> {
  const { buffer } = await RecordBatch({
    compression: 0,
    records: [Record({ key: null, value: Buffer.from(value), headers: {}, offsetDelta: 0 })],
    firstTimestamp: 1,
    maxTimestamp: 1,
    firstSequence: 0,
    firstOffset: offset,
    lastOffsetDelta: 0,
  })
  const batch = Buffer.from(buffer)
  batch.writeBigInt64BE(BigInt(offset), 0)
  return batch
}

export interface FakePartition {
  topic: string
  partition: number
  errorCode?: number
  records?: Buffer
}

/** A Fetch response, version 11. */
export function fetchResponse(partitions: readonly FakePartition[]): Buffer {
  const parts: Buffer[] = [Buffer.alloc(10)]
  const int32 = (value: number): void => {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(value)
    parts.push(bytes)
  }
  const int64 = (value: number): void => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(BigInt(value))
    parts.push(bytes)
  }
  const int16 = (value: number): void => {
    const bytes = Buffer.alloc(2)
    bytes.writeInt16BE(value)
    parts.push(bytes)
  }
  int32(partitions.length)
  for (const { topic, partition, errorCode = 0, records = Buffer.alloc(0) } of partitions) {
    int16(topic.length)
    parts.push(Buffer.from(topic))
    int32(1)
    int32(partition)
    int16(errorCode)
    for (const value of [100, 100, 0]) int64(errorCode === 0 ? value : -1)
    int32(0)
    int32(-1)
    int32(records.length)
    parts.push(records)
  }
  return Buffer.concat(parts)
}

/** A connection pool whose broker answers the body of each request; null leaves it waiting. */
export function fakePool(
  answer: (apiKey: number, body: Buffer) => Promise<Buffer | null>,
): BrokerNode['connectionPool'] {
  let correlationId = 0
  let written = Buffer.alloc(0)
  const connection: Connection = {
    isAuthenticated: () => true,
    authenticate: () => Promise.resolve(),
    failIfNotConnected: () => {},
    nextCorrelationId: () => correlationId++,
    requestQueue: {
      push: ({ entry, sendRequest }) => {
        sendRequest()
        answer(entry.apiKey, bodyOf(written)).then(
          payload => payload !== null && entry.resolve({ payload }),
          entry.reject,
        )
      },
      maybeThrottle: () => {},
    },
    socket: { write: bytes => (written = Buffer.from(bytes)) },
  }
  return {
    clientId: 'test',
    host: '',
    port: 0,
    getConnectionByRequest: () => Promise.resolve(connection),
  }
}

/** What follows size, API key and version, correlation id and client id. */
function bodyOf(frame: Buffer): Buffer {
  if (frame.readInt32BE(0) !== frame.length - 4) throw new Error('a frame with a wrong size')
  return frame.subarray(14 + frame.readInt16BE(12))
}

interface Asked {
  topic: string
  partition: number
  offset: number
  bytesMax: number
}

/** Most bytes the whole answer may have, of the body of a fetch request. */
export function answerBytesMax(buffer: Buffer): number {
  // replica_id max_wait min_bytes
  return buffer.readInt32BE(4 + 4 + 4)
}

/** What a fetch request asks for, read back from its body: partitions and offsets in order. */
export function askedFor(buffer: Buffer): Asked[] {
  // replica_id max_wait min_bytes max_bytes isolation_level session_id session_epoch
  let at = 4 + 4 + 4 + 4 + 1 + 4 + 4
  const int32 = (): number => {
    at += 4
    return buffer.readInt32BE(at - 4)
  }
  const asked: Asked[] = []
  const topicCount = int32()
  for (let t = 0; t < topicCount; t++) {
    const length = buffer.readInt16BE(at)
    const topic = buffer.toString('utf8', at + 2, at + 2 + length)
    at += 2 + length
    const partitionCount = int32()
    for (let p = 0; p < partitionCount; p++) {
      const partition = int32()
      at += 4 // current_leader_epoch
      const offset = Number(buffer.readBigInt64BE(at))
      at += 8 + 8 // fetch_offset log_start_offset
      asked.push({ topic, partition, offset, bytesMax: int32() })
    }
  }
  return asked
}
