// The requests we write ourselves are, byte for byte, the ones kafkajs would have written.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'

import { ByteWriter } from '../src/byte-writer.ts'
import { encodeFetchRequest, fetchApi } from '../src/fetch-request.ts'
import { Requests } from '../src/kafkajs-requests.ts'
import type { Api } from '../src/kafkajs-requests.ts'
import { decodeProduceResponse, encodeProduceRequest, produceApi } from '../src/produce-request.ts'
import { batchRounds } from '../src/produce.ts'
import {
  addPartitionsApi,
  decodeAddPartitions,
  decodeEndTransaction,
  encodeAddPartitions,
  encodeEndTransaction,
  endTransactionApi,
} from '../src/transaction-requests.ts'
import { fakePool } from './fake-cluster.ts'
import { produceResponse, readProduce } from './produce-wire.ts'

const require = createRequire(import.meta.url)
interface KafkaJsRequest {
  apiKey: number
  apiVersion: number
  apiName: string
  encode: () => Promise<{ buffer: Buffer }>
}
const kafkajsRequest = (path: string, options: unknown): KafkaJsRequest =>
  (require(`kafkajs/src/protocol/requests/${path}/request`) as (of: unknown) => KafkaJsRequest)(
    options,
  )

function encoded(encode: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter()
  encode(writer)
  return writer.bytes.subarray(0, writer.at)
}

async function assertSame(api: Api, ours: Buffer, theirs: KafkaJsRequest): Promise<void> {
  const { buffer } = await theirs.encode()
  assert.equal(ours.toString('hex'), buffer.toString('hex'))
  assert.deepEqual(
    [api.apiKey, api.apiVersion, api.apiName],
    [theirs.apiKey, theirs.apiVersion, theirs.apiName],
  )
}

const identity = { transactionalId: 'processor-4', producerId: 2 ** 40 + 5, producerEpoch: 12 }
const nowMs = 1_790_000_000_123
const records = [
  { topic: 'a', partition: 0, key: 'k1', value: Buffer.from('v1'), headers: { source: 'levy' } },
  { topic: 'b', partition: 2, key: null, value: null },
  { topic: 'a', partition: 1, key: Buffer.from('k2'), value: Buffer.alloc(3000, 7) },
  { topic: 'a', partition: 0, key: 'ключ', value: Buffer.from('v3') },
]

test('a Produce request', async () => {
  const batches = batchRounds(records)[0] ?? []
  const sequences = new Map([...batches].map((batch, index) => [batch, index * 1000]))
  const ours = encoded(writer =>
    encodeProduceRequest(writer, {
      transactionalId: identity.transactionalId,
      origin: { ...identity, transactional: true },
      timeoutMs: 10_000,
      batches,
      firstSequence: batch => sequences.get(batch) ?? -1,
      nowMs,
    }),
  )
  const message = ({ key, value, headers }: (typeof records)[number]) => ({
    key,
    value,
    headers,
    timestamp: nowMs,
  })
  const partition = (of: { topic: string; partition: number }, firstSequence: number) => ({
    partition: of.partition,
    firstSequence,
    messages: records
      .filter(({ topic, partition: p }) => topic === of.topic && p === of.partition)
      .map(message),
  })
  const theirs = kafkajsRequest('produce/v7', {
    ...identity,
    acks: -1,
    timeout: 10_000,
    topicData: [
      {
        topic: 'a',
        partitions: [
          partition({ topic: 'a', partition: 0 }, 0),
          partition({ topic: 'a', partition: 1 }, 2000),
        ],
      },
      { topic: 'b', partitions: [partition({ topic: 'b', partition: 2 }, 1000)] },
    ],
  })
  // kafkajs names leader epoch 0 in each batch, we name none as the Java client does; brokers set it.
  for (const { records: batch } of readProduce(ours).partitions) batch.writeInt32BE(0, 12)
  await assertSame(produceApi, ours, theirs)
})

test('a Fetch request', async () => {
  const wanted = [
    { topic: 'a', partition: 0, offset: 2 ** 33 + 1, bytesMax: 1024 },
    { topic: 'b', partition: 5, offset: 0, bytesMax: 2048 },
    { topic: 'a', partition: 3, offset: 7, bytesMax: 4096 },
  ]
  const entry = (index: number): unknown => ({
    partition: wanted[index]?.partition,
    fetchOffset: String(wanted[index]?.offset),
    maxBytes: wanted[index]?.bytesMax,
  })
  const theirs = kafkajsRequest('fetch/v11', {
    replicaId: -1,
    maxWaitTime: 500,
    minBytes: 1,
    maxBytes: 8_000_000,
    isolationLevel: 1,
    topics: [
      { topic: 'a', partitions: [entry(0), entry(2)] },
      { topic: 'b', partitions: [entry(1)] },
    ],
  })
  const ours = encoded(writer => encodeFetchRequest(writer, wanted, 500, 8_000_000))
  await assertSame(fetchApi, ours, theirs)
})

test('the requests of a transaction', async () => {
  const added = encoded(writer => encodeAddPartitions(writer, identity, records.slice(0, 3)))
  const topics = [
    { topic: 'a', partitions: [0, 1] },
    { topic: 'b', partitions: [2] },
  ]
  const addPartitions = kafkajsRequest('addPartitionsToTxn/v1', { ...identity, topics })
  await assertSame(addPartitionsApi, added, addPartitions)
  for (const committed of [true, false]) {
    const ended = encoded(writer => encodeEndTransaction(writer, identity, committed))
    const theirs = kafkajsRequest('endTxn/v1', { ...identity, transactionResult: committed })
    await assertSame(endTransactionApi, ended, theirs)
  }
})

test('answers: offsets and error codes are read, the cause before what it prevented', () => {
  const rows = [
    { topic: 'a', partition: 3, errorCode: 0, baseOffset: 2 ** 34 },
    { topic: 'b', partition: 0, errorCode: 6, baseOffset: -1 },
  ]
  assert.deepEqual(decodeProduceResponse(produceResponse(rows)), {
    topics: [
      { topicName: 'a', partitions: [{ partition: 3, errorCode: 0, baseOffset: 2 ** 34 }] },
      { topicName: 'b', partitions: [{ partition: 0, errorCode: 6, baseOffset: -1 }] },
    ],
  })
  const results = (...codes: number[]): Buffer => {
    const answer = Buffer.alloc(4 + 4 + 2 + 1 + 4 + 6 * codes.length)
    answer.writeInt32BE(1, 4)
    answer.writeInt16BE(1, 8)
    answer.write('a', 10)
    answer.writeInt32BE(codes.length, 11)
    codes.forEach((code, index) => answer.writeInt16BE(code, 15 + 6 * index + 4))
    return answer
  }
  const operationNotAttempted = 55
  const concurrentTransactions = 51
  assert.equal(decodeAddPartitions(results(0, 0)), 0)
  assert.equal(decodeAddPartitions(results(operationNotAttempted, 0, 3, operationNotAttempted)), 3)
  assert.equal(decodeAddPartitions(results(concurrentTransactions)), concurrentTransactions)
  assert.equal(decodeEndTransaction(Buffer.from([0, 0, 0, 0, 0, 47])), 47)
})

test('a buffer is used again only after its answer has come', async () => {
  const asked: { text: string; answer: (payload: Buffer) => void; fail: () => void }[] = []
  const pool = fakePool(
    (_, body) =>
      new Promise((resolve, reject) => {
        asked.push({
          text: String(body),
          answer: resolve,
          fail: () => reject(new Error('timed out')),
        })
      }),
  )
  const buffers: Buffer[] = []
  const requests = new Requests()
  const send = (text: string): Promise<Buffer> =>
    requests.send(pool, endTransactionApi, writer => {
      buffers.push(writer.bytes)
      writer.reserve(text.length)
      writer.at += writer.bytes.write(text, writer.at)
    })
  const first = send('first')
  const second = send('second')
  await new Promise(resolve => setImmediate(resolve))
  assert.notEqual(buffers[0], buffers[1], 'both are under way')
  asked[0]?.answer(Buffer.alloc(6))
  asked[1]?.fail()
  await first
  await assert.rejects(second, /timed out/)
  const third = send('third')
  const fourth = send('fourth')
  await new Promise(resolve => setImmediate(resolve))
  assert.equal(buffers[2], buffers[0], 'the answered one is free')
  assert.ok(!buffers.slice(0, 3).includes(buffers[3] ?? Buffer.alloc(0)), 'the lost one is not')
  for (const { answer } of asked) answer(Buffer.alloc(6))
  await Promise.all([third, fourth])
  assert.deepEqual(
    asked.map(({ text }) => text),
    ['first', 'second', 'third', 'fourth'],
  )
})
