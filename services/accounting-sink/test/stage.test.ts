import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { memoryRegistry, openCodec } from '@fleet/codec'
import { topics } from '@fleet/contracts'
import type { JournalEntry } from '@fleet/contracts'
import { systemClock } from '@fleet/runtime'
import { driveStage } from '@fleet/stage'

import { accountingSink } from '../src/index.ts'
import { buildEvent, noonMicros, sha256Hex } from './build-event.ts'

const timestampMs = noonMicros / 1000
const key = 'demo/charge/R1'

function pipe(type: string, given: Record<string, unknown> = {}) {
  const task = driveStage(accountingSink(), { partition: 4 })
  const { domain, event } = buildEvent(type, given)
  const decision = task.pipe(topics.events[domain], { key, value: event, timestampMs, offset: 7 })
  return { decision, outputs: task.outputs(topics.accounting) }
}

describe('accounting-sink', () => {
  test('reads billing, violation and incident events and instructions, writes entries and signals', () => {
    const { inputs, outputs } = accountingSink()
    const names = inputs.map(topic => topic.logical).toSorted()
    assert.deepEqual(names, [
      'events.billing',
      'events.incident',
      'events.violation',
      'ledger-control',
    ])
    assert.deepEqual(outputs, [topics.accounting, topics.alertSignals])
  })

  for (const type of ['billing.charge_succeeded', 'violation.charged', 'incident.claim_resolved']) {
    test(`books ${type} under its resource, with where it came from`, () => {
      const { decision, outputs } = pipe(type)
      assert.equal(decision.verdict, 'published')
      assert.equal(outputs.length, 1)
      assert.equal(outputs[0]?.key, key)
      assert.equal(outputs[0].partition, 4)
      const entry = outputs[0].value as JournalEntry
      assert.equal(entry.event_type, type)
      assert.equal(entry.origin.partition, 4)
      assert.equal(entry.origin.offset, 7)
      const identity = JSON.stringify(['accounting', 'demo', 'levy', key, 'e1'])
      assert.equal(entry.entry_id, sha256Hex(identity).slice(0, 32))
      assert.equal(entry.chart_version, '1')
      assert.equal(entry.sequence, 1)
    })
  }

  test('dead-letters what it refuses, with its code and what is known of the event', () => {
    const { decision, outputs } = pipe('billing.charge_succeeded', { category: 'tip' })
    assert.equal(decision.verdict, 'dead_letter')
    assert.equal(decision.refusal?.code, 'BAD_CATEGORY')
    assert.deepEqual(decision.refusal.facts, {
      tenantId: 'demo',
      eventId: 'e1',
      eventType: 'billing.charge_succeeded',
    })
    assert.deepEqual(outputs, [])
  })

  test('counts an event that moves no money as done, without output', () => {
    const { decision, outputs } = pipe('billing.charge_failed')
    assert.equal(decision.verdict, 'published')
    assert.deepEqual(outputs, [])
  })

  test('writes what the schema of its topic takes, and nothing is lost on the way', async () => {
    const options = { registry: memoryRegistry(), cacheFile: null, clock: systemClock }
    const codec = await openCodec(options)
    await codec.load([topics.accounting])
    for (const given of [{}, { amount: null }, { refund_of: 'C1' }]) {
      const value = pipe('billing.refund_processed', given).outputs[0]?.value
      const bytes = codec.encode(topics.accounting, value)
      await codec.prepare([bytes])
      const read = codec.decode(topics.accounting, bytes)
      assert.deepEqual(JSON.parse(JSON.stringify(read)), value)
    }
  })

  test('refuses a record of a topic it does not read', () => {
    const task = driveStage(accountingSink())
    assert.throws(
      () => task.pipe(topics.events.customer, { key, value: {}, timestampMs }),
      /is no input of accounting-sink/,
    )
  })
})
