// The declaration of topics against a real Kafka, under names of its own that are kept and reused: what
// is created is what is declared, and drift is seen. FLEET_KAFKA_BROKERS, by default `make up`'s.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { topics } from '@fleet/contracts'
import type { Topic } from '@fleet/contracts'
import { connectKafka } from '@fleet/kafka'
import type { Admin } from '@fleet/kafka'
import { declaredConfig, planTopics } from '../../packages/cli/src/topics/plan-topics.ts'
import type { TopicPlan } from '../../packages/cli/src/topics/plan-topics.ts'

const brokers = (process.env['FLEET_KAFKA_BROKERS'] ?? '127.0.0.1:9092').split(',')
const deadlineMs = 60_000

function renamed(topic: Topic): Topic {
  return { ...topic, name: `test.topics.${topic.logical}` }
}

/** One of each kind: history, history for ever, large records, a table, a private table. */
const mine = [
  topics.raw,
  topics.accounting,
  topics.deadLetters.processor,
  topics.state,
  topics.changelogs.processor,
].map(renamed)

let admin: Admin

before(async () => {
  admin = await connectKafka({ brokers, clientId: 'topics-test' }).openAdmin()
  const { changes } = await plan(1)
  await admin.createTopics(
    changes
      .filter(change => change.action === 'create')
      .map(({ topic: name, partitions, config }) => {
        return { name, partitions, replicationFactor: 1, config }
      }),
  )
  for (const topic of mine) await admin.alterTopicConfig(topic.name, declaredConfig(topic))
})

after(() => admin.close())

async function plan(partitions: number): Promise<TopicPlan> {
  const described = await admin.describeTopics(mine.map(topic => topic.name))
  const found = described.filter(topic => topic !== null)
  return planTopics(mine, new Map(found.map(topic => [topic.name, topic])), partitions)
}

/** Settings reach the broker that is asked a moment after they were acknowledged. */
async function planUntil(holds: (plan: TopicPlan) => boolean): Promise<TopicPlan> {
  const end = performance.now() + deadlineMs
  for (;;) {
    const current = await plan(1)
    if (holds(current) || performance.now() > end) return current
  }
}

test('topics that were created as declared need no change', async () => {
  const current = await planUntil(({ changes }) => changes.length === 0)
  assert.deepEqual(current, { changes: [], drift: [] })
})

test('Kafka holds cleanup, retention, sizes and log-append time as declared', async () => {
  await planUntil(({ changes }) => changes.length === 0)
  const described = await admin.describeTopics(mine.map(topic => topic.name))
  const configs = described.map(topic => {
    const config = topic?.config ?? {}
    return [
      config['cleanup.policy'],
      config['retention.ms'],
      config['max.message.bytes'],
      config['message.timestamp.type'],
    ]
  })
  const append = 'LogAppendTime'
  assert.deepEqual(configs[0], ['delete', '1209600000', '1048576', append])
  assert.deepEqual(configs[1], ['delete', '-1', '1048576', append])
  assert.deepEqual(configs[2], ['delete', '7776000000', '3145728', append])
  for (const [cleanup, , size, type] of configs.slice(3)) {
    assert.deepEqual([cleanup, size, type], ['compact', '1048576', append])
  }
})

test('a setting somebody changed is drift, and is gone after it is set again', async () => {
  const [raw] = mine
  assert.ok(raw !== undefined)
  await admin.alterTopicConfig(raw.name, { ...declaredConfig(raw), 'retention.ms': '1000' })
  const drifted = await planUntil(({ drift }) => drift.length === 1)
  assert.deepEqual(drifted.changes, [
    { action: 'alter', topic: raw.name, setting: 'retention.ms', from: '1000', to: '1209600000' },
  ])
  await admin.alterTopicConfig(raw.name, declaredConfig(raw))
  const repaired = await planUntil(({ drift }) => drift.length === 0)
  assert.deepEqual(repaired, { changes: [], drift: [] })
})

test('another partition count is drift that nothing corrects', async () => {
  await planUntil(({ changes }) => changes.length === 0)
  const { changes, drift } = await plan(2)
  assert.deepEqual(changes, [])
  assert.deepEqual(
    drift.map(({ setting, actual, declared, correctable }) => [
      setting,
      actual,
      declared,
      correctable,
    ]),
    mine.map(() => ['partitions', '1', '2', false]),
  )
})
