import assert from 'node:assert/strict'
import { test } from 'node:test'

import { memoryRegistry, openCodec } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { domains, headerNames, topics } from '@fleet/contracts'
import type { Topic } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import type { Appender } from '@fleet/kafka'
import { systemClock } from '@fleet/runtime'
import { ProvenanceKeyRing } from '@fleet/signatures'

import { judgePartition } from '../../src/verify/compare.ts'
import { readEvidence } from '../../src/verify/read-evidence.ts'
import { healthyEvidence, modelSettings } from './evidence-builder.ts'
import type { Sample } from './evidence-builder.ts'

const processed = [
  topics.raw,
  topics.state,
  topics.deadLetters.processor,
  topics.changelogs.processor,
  ...domains.map(domain => topics.events[domain]),
].map(({ name }) => name)

const key = {
  id: 'k1',
  key_base64: Buffer.alloc(32, 7).toString('base64'),
  sign_from: null,
  sign_until: null,
  verify_until: null,
}
const keyRing = ProvenanceKeyRing.parse(JSON.stringify({ keys: [key] }))

test('what is no record of its topic is a violation that names its place, and verify goes on', async () => {
  const broker = createMemoryBroker({ topics: processed, partitions: 1, clock: systemClock })
  const registry = memoryRegistry()
  const codec = await openCodec({ registry, cacheFile: null, clock: systemClock })
  const appender = await broker.openAppender()
  const strays = [
    [topics.events.billing.name, Buffer.from('not Avro')],
    [topics.events.billing.name, null],
    [topics.deadLetters.processor.name, Buffer.from('{}')],
    [topics.state.name, Buffer.from('neither')],
  ] as const
  for (const [topic, value] of strays) {
    await appender.append({ topic, partition: 0, key: 'k', value, headers: {} })
  }
  const reader = await broker.openReader()
  const sources = {
    admin: await broker.openAdmin(),
    reader,
    codec,
    keyRing,
    stopping: new AbortController().signal,
  }
  const { violations } = judgePartition(await readEvidence(sources, 0, 1), modelSettings)
  await reader.close()
  assert.deepEqual(
    violations.map(({ rule, topic, partition, offset }) => [rule, topic, partition, offset]),
    [
      ['unreadable', topics.events.billing.name, 0, 0],
      ['unreadable', topics.events.billing.name, 0, 1],
      ['unreadable', topics.deadLetters.processor.name, 0, 0],
      ['unreadable', topics.state.name, 0, 0],
    ],
  )
  assert.match(violations[0]?.detail ?? '', /^UNDECODABLE: No magic byte/)
})

const reservation = (n: number): Sample => ({
  endpoint: 'levy-demo',
  body: {
    event_id: `e-${n}`,
    event_type: 'reservation.created',
    occurred_at: '2026-11-21T07:00:00Z',
    resource_type: 'reservation',
    resource_id: `R-${n}`,
    data: { customer_id: 'C1' },
  },
})

const healthy = healthyEvidence(Array.from({ length: 30 }, (_, n) => reservation(n)))

/** All that one raw record leaves behind, and itself; each is a resource of its own. */
async function goThrough(n: number, appender: Appender, codec: Codec): Promise<void> {
  const { key: resource, delivery } = healthy.raw[n]!
  const value = codec.encode(topics.raw, delivery)
  const { mac, keyId } = keyRing.sign(systemClock.wallMs(), resource, value)
  const headers = { [headerNames.mac]: mac, [headerNames.macKeyId]: keyId }
  const append = (topic: Topic, of: string, bytes: Buffer): Promise<unknown> =>
    appender.append({ topic: topic.name, partition: 0, key: of, value: bytes, headers })
  const progress = Buffer.from(JSON.stringify({ positions: { [topics.raw.name]: n + 1 } }))
  await append(topics.raw, resource, value)
  const event = codec.encode(topics.events.reservation, healthy.events[n]!.event)
  await append(topics.events.reservation, resource, event)
  await append(topics.state, resource, codec.encode(topics.state, healthy.state[n]!.state))
  await append(topics.changelogs.processor, '!progress', progress)
}

test('what goes through while the logs are read is no violation', async () => {
  let done = 0
  const broker = createMemoryBroker({
    topics: processed,
    partitions: 1,
    clock: systemClock,
    appendTimeMs: () => healthy.raw[done]!.appendedAtMs,
  })
  const codec = await openCodec({ registry: memoryRegistry(), cacheFile: null, clock: systemClock })
  await codec.load([topics.raw, topics.state, topics.events.reservation])
  const appender = await broker.openAppender()
  const goOn = async (): Promise<void> => {
    await goThrough(done, appender, codec)
    done++
  }
  await goOn()
  const admin = await broker.openAdmin()
  const reader = await broker.openReader()
  const sources = {
    admin: {
      offsets: async (topic: string) => {
        const offsets = await admin.offsets(topic)
        await goOn()
        return offsets
      },
    },
    reader,
    codec,
    keyRing,
    stopping: new AbortController().signal,
  }
  const judged = judgePartition(await readEvidence(sources, 0, 1), modelSettings)
  await reader.close()
  assert.deepEqual(judged.violations, [])
  const { raw, published, pending } = judged.report
  assert.ok(published > 0 && pending > 0, JSON.stringify(judged.report))
  assert.equal(published + pending, raw)
})
