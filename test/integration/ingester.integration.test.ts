// The edge on a real Kafka: what is answered 200 stands in the log, on its partition, with its bytes and a
// valid MAC. The records go to topics of the test's own. FLEET_KAFKA_BROKERS, by default `make up`'s.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { headerNames, partitionOf, topics } from '@fleet/contracts'
import type { RawDelivery, SecurityEvent, Topic } from '@fleet/contracts'
import { connectKafka } from '@fleet/kafka'
import type { Admin, InRecord } from '@fleet/kafka'
import { ProvenanceKeyRing } from '@fleet/signatures'
import {
  closeEdges,
  levyBody,
  openEdge,
  partitions,
  post,
  postLevy,
  provenanceKey,
  secrets,
  signed,
  smartcar,
} from '../../services/ingester/test/edge-harness.ts'
import type { LogBroker } from '../../services/ingester/src/shell/raw-log.ts'
import type { Edge } from '../../services/ingester/test/edge-harness.ts'

const brokers = (process.env['FLEET_KAFKA_BROKERS'] ?? '127.0.0.1:9092').split(',')
const kafka = connectKafka({ brokers, clientId: 'ingester-test' })
const deadlineMs = 60_000

const mine = (name: string): string => `test.ingester.${name}`

/** The real broker, with the topics of the edge under other names. */
const renaming: LogBroker = {
  openAppender: async () => {
    const appender = await kafka.openAppender()
    return {
      append: record => appender.append({ ...record, topic: mine(record.topic) }),
      get healthy() {
        return appender.healthy
      },
      close: () => appender.close(),
    }
  },
  openAdmin: async () => {
    const real = await kafka.openAdmin()
    return {
      describeTopics: names => real.describeTopics(names.map(mine)),
      describeCluster: () => real.describeCluster(),
      close: () => real.close(),
    }
  },
}

let admin: Admin
let edge: Edge

before(async () => {
  admin = await kafka.openAdmin()
  const names = [topics.raw.name, topics.security.name].map(mine)
  const found = await admin.describeTopics(names)
  const missing = names.filter((_, index) => found[index] === null)
  const config = { 'message.timestamp.type': 'LogAppendTime', 'max.message.bytes': '1048576' }
  await admin.createTopics(
    missing.map(name => ({ name, partitions, replicationFactor: 1, config })),
  )
  edge = await openEdge({ broker: renaming })
})

after(async () => {
  await closeEdges()
  await admin.close()
})

async function ends(topic: Topic): Promise<{ topic: string; partition: number; offset: number }[]> {
  const name = mine(topic.name)
  const offsets = await admin.offsets(name)
  return offsets.map(({ partition, lastStable }) => ({
    topic: name,
    partition,
    offset: lastStable,
  }))
}

/** What was written since, once there are `count` records. */
async function readSince(
  from: Awaited<ReturnType<typeof ends>>,
  count: number,
): Promise<InRecord[]> {
  const reader = await kafka.openReader()
  const stream = reader.open(from)
  const records: InRecord[] = []
  const endMs = performance.now() + deadlineMs
  while (records.length < count && performance.now() < endMs) {
    records.push(...(await stream.take(500, 100)).records)
  }
  // A record too many would come right after.
  records.push(...(await stream.take(500, 200)).records)
  stream.close()
  await reader.close()
  return records
}

async function decode<T>(topic: Topic, record: InRecord): Promise<T> {
  assert.ok(record.value !== null)
  await edge.codec.prepare([record.value])
  return edge.codec.decode(topic, record.value) as T
}

test('every delivery answered 200 is one record, on the partition of its key, with a valid MAC', async () => {
  const from = await ends(topics.raw)
  const bodies = new Map(
    Array.from({ length: 200 }, (_, i) => [
      `e-${i}`,
      levyBody(`e-${i}`, { resource_id: `r-${i % 40}` }),
    ]),
  )
  const answers = await Promise.all([...bodies.values()].map(body => postLevy(edge, body)))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))

  const ring = ProvenanceKeyRing.parse(
    JSON.stringify({ keys: [{ id: 'p1', key_base64: provenanceKey.toString('base64') }] }),
  )
  const records = await readSince(from, bodies.size)
  assert.equal(records.length, bodies.size)
  for (const record of records) {
    const { key, value, headers, partition, timestampMs } = record
    assert.ok(key !== null && value !== null)
    assert.equal(partition, partitionOf(key, partitions))
    const keyId = headers[headerNames.macKeyId]?.toString()
    assert.equal(ring.verify(keyId, headers[headerNames.mac], key, value, timestampMs), 'ok')
    assert.match(headers[headerNames.traceparent]?.toString() ?? '', /^00-[0-9a-f]{32}-/)
    const raw = await decode<RawDelivery>(topics.raw, record)
    assert.equal(Buffer.from(raw.body).toString(), bodies.get(raw.event_id ?? ''))
    bodies.delete(raw.event_id ?? '')
  }
  assert.equal(bodies.size, 0)
})

test('the vehicles of one delivery are all there when it is answered', async () => {
  const from = await ends(topics.raw)
  const list = Array.from({ length: 64 }, (_, i) => ({ vehicleId: `v-${i}`, data: [] }))
  const payload = { vehicles: list }
  const body = JSON.stringify({ version: '2.0', webhookId: 'w', eventName: 'schedule', payload })
  const answer = await post(edge, 'smartcar', body, signed(smartcar, body, secrets.smartcar))
  assert.equal(answer.status, 200)
  const { records, delivery_id: deliveryId } = (await answer.json()) as {
    records: number
    delivery_id: string
  }
  assert.equal(records, 64)
  const found = await readSince(from, 64)
  assert.equal(found.length, 64)
  for (const record of found) {
    assert.equal((await decode<RawDelivery>(topics.raw, record)).delivery_id, deliveryId)
  }
})

test('a body of the largest size fits the topic', async () => {
  const from = await ends(topics.raw)
  const pad = 262_144 - levyBody('large', { pad: '' }).length
  const body = levyBody('large', { pad: 'p'.repeat(pad) })
  assert.equal((await postLevy(edge, body)).status, 200)
  const [record] = await readSince(from, 1)
  assert.ok(record !== undefined)
  const raw = await decode<RawDelivery>(topics.raw, record)
  assert.equal(raw.body.length, 262_144)
})

test('a refused delivery leaves a security record and nothing in raw', async () => {
  const from = await ends(topics.security)
  const rawFrom = await ends(topics.raw)
  const response = await post(edge, 'levy', '{}', { 'x-levy-signature': 'sha256=00' })
  assert.equal(response.status, 401)
  const [record] = await readSince(from, 1)
  assert.ok(record !== undefined)
  assert.equal(record.key?.toString(), 'levy')
  assert.equal(record.partition, partitionOf('levy', partitions))
  const event = await decode<SecurityEvent>(topics.security, record)
  assert.equal(event.reason, 'bad_signature')
  assert.deepEqual(await ends(topics.raw), rawFrom)
})
