// node --import tsx test/bench/kafka-encoding.ts: CPU time of putting records on Kafka's wire and taking
// them off, kafkajs's own code beside ours, on records like the processor's: one of 1.5 kB read, three
// written. Needs no broker. Ends with one RESULT line.

import { ByteWriter } from '../../packages/kafka/src/byte-writer.ts'
import { committedRecords } from '../../packages/kafka/src/committed-records.ts'
import { crc32c } from '../../packages/kafka/src/crc32c.ts'
import { decodeFetchResponse } from '../../packages/kafka/src/fetch-response.ts'
import { encodeProduceRequest, produceApi } from '../../packages/kafka/src/produce-request.ts'
import { batchRounds } from '../../packages/kafka/src/produce.ts'
import { decodeBatches } from '../../packages/kafka/src/record-batch.ts'
import type { OutRecord } from '../../packages/kafka/src/record.ts'
import {
  kafkajsCrc32c,
  kafkajsFetch,
  kafkajsFrame,
  kafkajsProduce,
} from '../../packages/kafka/test/kafkajs-encoding.ts'

const eventsPerTransaction = 300
const rounds = 7
const roundMs = 700
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const origin = { producerId: 4711, producerEpoch: 3, transactional: true }
const transactionalId = 'processor-3'

function outputs(index: number): OutRecord[] {
  const key = `tenant-01:reservation:R-${100_000 + (index % 5000)}`
  return [
    {
      topic: `fleet.${['reservation', 'payment', 'vehicle'][index % 3]}.v1`,
      partition: 3,
      key,
      value: Buffer.alloc(1200, index),
      headers: { traceparent, source: 'levy', 'event-id': `evt-${index}` },
    },
    {
      topic: 'fleet.state.v1',
      partition: 3,
      key,
      value: Buffer.alloc(1000, index),
      headers: { traceparent },
    },
    { topic: 'fleet.changelog.v1', partition: 3, key, value: Buffer.alloc(800, index) },
  ]
}

function input(index: number): OutRecord {
  return {
    topic: 'fleet.raw.v1',
    partition: 3,
    key: `tenant-01:reservation:R-${100_000 + (index % 5000)}`,
    value: Buffer.alloc(1500, index),
    headers: {
      'provenance-mac': Buffer.alloc(32, index),
      'provenance-key': 'k1',
      traceparent,
      source: 'levy',
    },
  }
}

const written = Array.from({ length: eventsPerTransaction }, (_, n) => outputs(n)).flat()
const read = Array.from({ length: eventsPerTransaction }, (_, n) => input(n))

const writer = new ByteWriter()

function encodeOurs(records: readonly OutRecord[]): Buffer {
  writer.at = 0
  writer.reserve(12)
  writer.int32(0)
  writer.int16(produceApi.apiKey)
  writer.int16(produceApi.apiVersion)
  writer.int32(1)
  writer.string('processor')
  encodeProduceRequest(writer, {
    transactionalId,
    origin,
    timeoutMs: 10_000,
    batches: batchRounds(records).flat(),
    firstSequence: () => 0,
    nowMs: 1_790_000_000_000,
  })
  writer.bytes.writeInt32BE(writer.at - 4, 0)
  return writer.bytes.subarray(0, writer.at)
}

async function encodeTheirs(records: readonly OutRecord[]): Promise<Buffer> {
  const topicData = batchRounds(records)
    .flat()
    .map(({ topic, partition, records: batch }) => ({
      topic,
      partitions: [
        {
          partition,
          firstSequence: 0,
          messages: batch.map(({ key, value, headers = {} }) => ({ key, value, headers })),
        },
      ],
    }))
  const request = kafkajsProduce({
    transactionalId,
    ...origin,
    acks: -1,
    timeout: 10_000,
    topicData,
  })
  return (await kafkajsFrame({ correlationId: 1, clientId: 'processor', request })).buffer
}

/** A Fetch response, version 11, with one batch of one partition. */
function fetchResponse(records: readonly OutRecord[]): Buffer {
  const request = encodeOurs(records)
  const [batch] = batchRounds(records)[0] ?? []
  const topic = Buffer.from(batch?.topic ?? '')
  const head = Buffer.alloc(10 + 4 + 2 + topic.length + 4 + 4 + 2 + 24 + 4 + 4 + 4)
  let at = head.writeInt32BE(1, 10)
  at = head.writeInt16BE(topic.length, at)
  at += topic.copy(head, at)
  at = head.writeInt32BE(1, at)
  at = head.writeInt32BE(3, at) + 2 + 24
  at = head.writeInt32BE(0, at)
  at = head.writeInt32BE(-1, at)
  // The record batch is the last field of a request with one partition, its size before it.
  const batchAt = request.lastIndexOf(topic) + topic.length + 4 + 4
  head.writeInt32BE(request.readInt32BE(batchAt), at)
  return Buffer.concat([head, request.subarray(batchAt + 4)])
}

const response = fetchResponse(read)

function decodeOurs(): number {
  let count = 0
  for (const fetched of decodeFetchResponse(response)) {
    const batches = decodeBatches(fetched.records, fetched.topic, fetched.partition)
    count += committedRecords(batches, fetched.aborted, 0).records.length
  }
  return count
}

async function decodeTheirs(): Promise<number> {
  const { responses } = await kafkajsFetch.decode(response)
  return responses.length
}

/** Least CPU time of a unit of work over some rounds, in microseconds: others share the machine. */
async function cpuMicros(units: number, work: () => unknown): Promise<number> {
  let best = Infinity
  for (let round = 0; round < rounds; round++) {
    const began = process.cpuUsage()
    const until = performance.now() + roundMs
    let times = 0
    while (performance.now() < until) {
      await work()
      times++
    }
    const { user, system } = process.cpuUsage(began)
    best = Math.min(best, (user + system) / times / units)
  }
  return Math.round(best * 100) / 100
}

const ours = encodeOurs(written)
const theirs = await encodeTheirs(written)
if (ours.length !== theirs.length || decodeOurs() !== read.length || (await decodeTheirs()) !== 1) {
  throw new Error('the two ways do not agree; the figures would mean nothing')
}
const megabyte = Buffer.alloc(1024 * 1024, 'fleet')
/** A thousand bytes in microseconds is a byte in nanoseconds. */
const kilobytes = megabyte.length / 1000

const result = {
  name: 'kafka-encoding',
  encode_us_per_record: {
    kafkajs: await cpuMicros(written.length, () => encodeTheirs(written)),
    ours: await cpuMicros(written.length, () => encodeOurs(written)),
  },
  decode_us_per_record: {
    kafkajs_without_crc: await cpuMicros(read.length, decodeTheirs),
    ours_with_crc: await cpuMicros(read.length, decodeOurs),
  },
  crc32c_ns_per_byte: {
    kafkajs: await cpuMicros(kilobytes, () => kafkajsCrc32c(megabyte)),
    ours: await cpuMicros(kilobytes, () => crc32c(megabyte, 0, megabyte.length)),
  },
  written_record_bytes: Math.round(ours.length / written.length),
  read_record_bytes: Math.round(response.length / read.length),
}
for (const what of [
  'encode_us_per_record',
  'decode_us_per_record',
  'crc32c_ns_per_byte',
] as const) {
  const rows = Object.entries(result[what]).map(([who, figure]) => `${who} ${figure}`)
  process.stdout.write(`${what.padEnd(22)} ${rows.join('   ')}\n`)
}
process.stdout.write(`RESULT ${JSON.stringify(result)}\n`)
