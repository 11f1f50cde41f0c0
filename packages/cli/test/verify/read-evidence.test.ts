import assert from 'node:assert/strict'
import { test } from 'node:test'

import { memoryRegistry, openCodec } from '@fleet/codec'
import { domains, topics } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import { systemClock } from '@fleet/runtime'
import { ProvenanceKeyRing } from '@fleet/signatures'

import { judgePartition } from '../../src/verify/compare.ts'
import { readEvidence } from '../../src/verify/read-evidence.ts'
import { modelSettings } from './evidence-builder.ts'

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
    keyRing: ProvenanceKeyRing.parse(JSON.stringify({ keys: [key] })),
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
