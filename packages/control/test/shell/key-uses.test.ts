import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topics } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import { keyUseRecord, readKeyUses } from '../../src/index.ts'

const use = (endpointId: string, keyId: string, time: string) => {
  return { endpointId, keyId, lastUsedAt: `2026-11-21T${time}Z` }
}

test('of what several ingesters wrote the latest time counts, in whatever order it came', async () => {
  const broker = createMemoryBroker({ topics: [topics.controlUses.name], partitions: 1 })
  const appender = await broker.openAppender()
  const written = [
    use('b', 'k1', '08:00:00'),
    use('a', 'k1', '09:00:00.500'),
    use('a', 'k1', '08:59:00'),
    use('a', 'k2', '07:00:00'),
  ]
  for (const each of written) await appender.append(keyUseRecord(each))
  const { name: topic } = topics.controlUses
  for (const text of ['', '{', '[]', 'null', '{"endpoint_id":"a"}', '{"last_used_at":"never"}']) {
    await appender.append({ topic, partition: 0, key: 'x', value: Buffer.from(text) })
  }
  assert.deepEqual(await readKeyUses(broker), [
    use('a', 'k1', '09:00:00.500'),
    use('a', 'k2', '07:00:00'),
    use('b', 'k1', '08:00:00'),
  ])
})

test('of an empty topic nothing is read, and nothing is waited for', async () => {
  const broker = createMemoryBroker({ topics: [topics.controlUses.name], partitions: 1 })
  assert.deepEqual(await readKeyUses(broker), [])
})
