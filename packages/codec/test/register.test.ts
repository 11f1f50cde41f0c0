import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allTopics, subjectOf, topics } from '@fleet/contracts'
import { FleetError } from '@fleet/runtime'
import { checkSchemas, memoryRegistry, registerSchemas } from '../src/index.ts'
import { ownSchema } from '../src/schema-files.ts'

test('registering brings every public topic in, and again changes nothing', async () => {
  const registry = memoryRegistry([])
  const before = await checkSchemas(registry, allTopics)
  assert.ok(before.every(({ id, version, compatible }) => !id && !version && compatible))
  const first = await registerSchemas(registry, allTopics)
  const expected = allTopics.filter(topic => topic.schema !== null).map(subjectOf)
  assert.deepEqual(
    first.map(({ name }) => name),
    expected,
  )
  assert.ok(
    first.every(({ id, version, compatible }) => id !== null && version === 1 && compatible),
  )
  assert.deepEqual(await registerSchemas(registry, allTopics), first)
  assert.deepEqual(await checkSchemas(registry, allTopics), first)
})

test('topics with the same values share the schema id', async () => {
  const [one, two] = await registerSchemas(memoryRegistry([]), [
    topics.deadLetters.processor,
    topics.redrive,
  ])
  assert.equal(one?.id, two?.id)
})

test('an incompatible schema is reported with its reason and keeps no other out', async () => {
  const registry = memoryRegistry([])
  const breaking = ownSchema('RawDelivery').text.replace('"endpoint_id"', '"hook_id"')
  await registry.register(subjectOf(topics.raw), breaking)
  for (const handle of [checkSchemas, registerSchemas]) {
    const [raw] = await handle(registry, [topics.raw, topics.state])
    assert.deepEqual(raw, {
      name: 'fleet.raw.v1-value',
      version: null,
      id: null,
      compatible: false,
      reason: 'RawDelivery.hook_id was removed',
    })
  }
  const [, state] = await checkSchemas(registry, [topics.raw, topics.state])
  assert.equal(state?.version, 1)
})

test('a registry that is down rejects, transient', async () => {
  const registry = memoryRegistry([])
  registry.down = true
  await assert.rejects(registerSchemas(registry, allTopics), (error: unknown) => {
    return error instanceof FleetError && error.code === 'REGISTRY_UNREACHABLE'
  })
})
