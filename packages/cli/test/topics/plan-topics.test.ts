import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allTopics, topics } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import { declaredConfig, planTopics } from '../../src/topics/plan-topics.ts'
import type { ActualTopic } from '../../src/topics/plan-topics.ts'
import { applyChanges, readPlan } from '../../src/topics/topics.ts'

function asDeclared(partitions = 6): Map<string, ActualTopic> {
  return new Map(
    allTopics.map(topic => [topic.name, { partitions, config: declaredConfig(topic) }]),
  )
}

const declarations = [
  ['raw: 14 days', topics.raw, { 'retention.ms': '1209600000', 'cleanup.policy': 'delete' }],
  ['ledger: for ever', topics.accounting, { 'retention.ms': '-1', 'cleanup.policy': 'delete' }],
  ['dead letters: 3 MiB', topics.deadLetters.processor, { 'max.message.bytes': '3145728' }],
  [
    'state, which is memory too: compacted soon',
    topics.state,
    { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.1', 'segment.ms': '3600000' },
  ],
  [
    'changelog: compacted soon',
    topics.changelogs.processor,
    {
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': '0.1',
      'segment.ms': '3600000',
    },
  ],
] as const

for (const [rule, topic, expected] of declarations) {
  test(`declared settings of ${rule}`, () => {
    const config = declaredConfig(topic)
    assert.equal(config['message.timestamp.type'], 'LogAppendTime')
    for (const [setting, value] of Object.entries(expected)) assert.equal(config[setting], value)
  })
}

test('no topic keeps a compression that its readers may not know', () => {
  for (const topic of allTopics) {
    assert.equal(declaredConfig(topic)['compression.type'], 'uncompressed', topic.name)
  }
})

test('compacted topics have no retention', () => {
  assert.equal(declaredConfig(topics.state)['retention.ms'], undefined)
})

test('when all is as declared there is nothing to do', () => {
  assert.deepEqual(planTopics(allTopics, asDeclared(), 6), { changes: [], drift: [] })
})

test('a missing topic is a change and no drift', () => {
  const actual = asDeclared()
  actual.delete(topics.crm.name)
  const { changes, drift } = planTopics(allTopics, actual, 6)
  assert.deepEqual(changes, [
    {
      action: 'create',
      topic: topics.crm.name,
      partitions: 6,
      config: declaredConfig(topics.crm),
    },
  ])
  assert.deepEqual(drift, [])
})

test('a different setting is a change, and drift until it is applied', () => {
  const actual = asDeclared()
  const config = { ...declaredConfig(topics.raw), 'retention.ms': '1000' }
  actual.set(topics.raw.name, { partitions: 6, config })
  const { changes, drift } = planTopics(allTopics, actual, 6)
  assert.deepEqual(changes, [
    {
      action: 'alter',
      topic: topics.raw.name,
      setting: 'retention.ms',
      from: '1000',
      to: '1209600000',
    },
  ])
  assert.deepEqual(
    drift.map(({ topic, setting, correctable }) => ({ topic, setting, correctable })),
    [{ topic: topics.raw.name, setting: 'retention.ms', correctable: true }],
  )
})

test('a different partition count is drift that is never applied', () => {
  const { changes, drift } = planTopics([topics.raw], asDeclared(3), 6)
  assert.deepEqual(changes, [])
  assert.equal(drift.length, 1)
  assert.equal(drift[0]?.correctable, false)
  assert.match(drift[0]?.detail ?? '', /^3 partitions instead of 6; never changed in place/)
})

test('the same number written otherwise is no difference', () => {
  const actual = asDeclared()
  const { name } = topics.changelogs.processor
  const config = { ...actual.get(name)?.config, 'min.cleanable.dirty.ratio': '0.10' }
  actual.set(name, { partitions: 6, config })
  assert.deepEqual(planTopics(allTopics, actual, 6).changes, [])
})

test('applying a plan leaves nothing to do, and creates no second time', async () => {
  const admin = await createMemoryBroker().openAdmin()
  const first = await readPlan(admin, 4)
  assert.equal(first.changes.length, allTopics.length)
  await applyChanges(admin, first.changes)
  assert.deepEqual(await readPlan(admin, 4), { changes: [], drift: [] })
  await admin.alterTopicConfig(topics.raw.name, { 'retention.ms': '5' })
  const second = await readPlan(admin, 4)
  assert.equal(second.drift.length, 1)
  await applyChanges(admin, second.changes)
  assert.deepEqual(await readPlan(admin, 4), { changes: [], drift: [] })
})
