import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { memoryRegistry, openCodec } from '@fleet/codec'
import { topics } from '@fleet/contracts'
import type { CrmRecord } from '@fleet/contracts'
import { systemClock } from '@fleet/runtime'
import { driveStage } from '@fleet/stage'
import type { DrivenOutput } from '@fleet/stage'

import type { CrmDomain } from '../src/core/known-types.ts'
import { crmSink } from '../src/index.ts'
import { buildEvent, noonMicros, sha256Hex } from './build-event.ts'

const timestampMs = noonMicros / 1000
const key = 'demo/rental_session/S1'

type Step = [domain: CrmDomain, type: string, given: Record<string, unknown>]

const steps: Step[] = [
  ['rental_session', 'rental_session.active', { event_id: 'e1', customer_id: 'C1' }],
  ['incident', 'incident.damage_reported', { event_id: 'e2', severity: 'low' }],
  ['rental_session', 'rental_session.extended', { event_id: 'e3' }],
  ['rental_session', 'rental_session.active', { event_id: 'e4', mode: 'TEST' }],
  [
    'rental_session',
    'rental_session.checkin_started',
    { event_id: 'e5', disposition: 'SUPERSEDED' },
  ],
]

function run(options: { restartAfterEach: boolean }): DrivenOutput[] {
  const task = driveStage(crmSink(), { partition: 2 })
  for (const [domain, type, given] of steps) {
    const resource = { type: 'rental_session', id: 'S1' }
    const { event } = buildEvent(domain, type, { resource, ...given })
    const decision = task.pipe(topics.events[domain], { key, value: event, timestampMs })
    assert.equal(decision.verdict, 'published')
    if (options.restartAfterEach) task.restart()
  }
  return task.outputs(topics.crm)
}

describe('crm-sink', () => {
  test('reads its five event topics and writes CRM records', () => {
    const { inputs, outputs } = crmSink()
    assert.deepEqual(inputs.map(topic => topic.logical).toSorted(), [
      'events.customer',
      'events.incident',
      'events.rental_session',
      'events.reservation',
      'events.violation',
    ])
    assert.deepEqual(outputs, [topics.crm])
  })

  test('writes one record per live event under the resource, with where it came from', () => {
    const outputs = run({ restartAfterEach: false })
    assert.ok(outputs.every(output => output.key === key && output.partition === 2))
    const records = outputs.map(output => output.value as CrmRecord)
    assert.deepEqual(
      records.map(r => [
        r.event_id,
        r.entity_type,
        r.action,
        r.customer_resolution,
        r.origin.offset,
      ]),
      [
        ['e1', 'rental_session', 'UPSERT', 'KNOWN', 0],
        ['e2', 'incident', 'UPSERT', 'COMPLETED', 0],
        ['e3', 'rental_session', 'UPSERT', 'COMPLETED', 1],
        ['e5', 'rental_session', 'HISTORY', 'COMPLETED', 3],
      ],
    )
    const identity = JSON.stringify(['crm', 'demo', 'levy', key, 'e1'])
    assert.equal(records[0]?.record_id, sha256Hex(identity).slice(0, 32))
    assert.equal(records[0].origin.topic, topics.events.rental_session.name)
  })

  test('writes the same records when it is restarted after every event', () => {
    assert.deepEqual(run({ restartAfterEach: true }), run({ restartAfterEach: false }))
  })

  test('writes what the schema of its topic takes, and nothing is lost on the way', async () => {
    const options = { registry: memoryRegistry(), cacheFile: null, clock: systemClock }
    const codec = await openCodec(options)
    await codec.load([topics.crm])
    for (const { value } of run({ restartAfterEach: false })) {
      const bytes = codec.encode(topics.crm, value)
      await codec.prepare([bytes])
      assert.deepEqual(JSON.parse(JSON.stringify(codec.decode(topics.crm, bytes))), value)
    }
  })

  test('refuses a record of a topic it does not read', () => {
    const task = driveStage(crmSink())
    assert.throws(
      () => task.pipe(topics.events.billing, { key, value: {}, timestampMs }),
      /is no input of crm-sink/,
    )
  })
})
