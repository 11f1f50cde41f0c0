// `fleet verify` finds what is wrong: a healthy pipeline passes, and each way of breaking it is named
// with the record that breaks it.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { VehicleEvent } from '@fleet/contracts'

import { judgePartition } from '../../src/verify/compare.ts'
import type { PartitionEvidence } from '../../src/verify/evidence.ts'
import { healthyEvidence, modelSettings } from './evidence-builder.ts'
import type { Sample } from './evidence-builder.ts'

function event(id: string, resource: string, minute: number, type = 'reservation.updated'): Sample {
  return {
    endpoint: 'levy-demo',
    body: {
      event_id: id,
      event_type: type,
      occurred_at: new Date(Date.UTC(2026, 10, 21, 7, minute)).toISOString(),
      resource_type: type.split('.')[0],
      resource_id: resource,
      data: { customer_id: 'C1' },
    },
  }
}

const vehicle = (id: string, observedMinute: number): Sample => ({
  endpoint: 'smartcar-demo',
  body: {
    eventId: id,
    eventType: 'VEHICLE_STATE',
    vehicleId: 'V1',
    data: {
      signals: [
        {
          code: 'odometer-traveleddistance',
          status: { value: 'SUCCESS' },
          body: { value: observedMinute },
          meta: { oemUpdatedAt: Date.UTC(2026, 10, 21, 7, observedMinute) },
        },
      ],
    },
    meta: { deliveredAt: Date.UTC(2026, 10, 21, 7, 59) },
  },
})

const samples: Sample[] = [
  event('a1', 'R1', 10),
  event('a2', 'R1', 20),
  event('a1', 'R1', 10), // 2: duplicate
  event('a3', 'R1', 5), // 3: late, superseded
  event('b1', 'R2', 1, 'reservation.created'),
  { endpoint: 'levy-demo', body: 'this is no JSON' }, // 5: dead letter
  event('a2', 'R1', 21), // 6: same id, other content
  vehicle('v1', 30),
  vehicle('v2', 20), // 8: older signal
  event('c1', 'P1', 3, 'mystery.thing'),
  event('a4', 'R1', 30, 'reservation.canceled'),
]

function judge(change: (evidence: PartitionEvidence) => void = () => {}) {
  const evidence = healthyEvidence(samples)
  change(evidence)
  return judgePartition(evidence, modelSettings)
}

test('a healthy pipeline has no violations and every raw record is accounted for', () => {
  const { report, violations } = judge()
  assert.deepEqual(violations, [])
  assert.deepEqual(report, {
    partition: 0,
    raw: 11,
    published: 8,
    duplicates: 1,
    dead_letters: 2,
    pending: 0,
  })
})

test('every published record that is taken away is missed', () => {
  const { events } = healthyEvidence(samples)
  for (const [index, { event: gone }] of events.entries()) {
    const { violations } = judge(evidence => evidence.events.splice(index, 1))
    assert.deepEqual(
      violations.map(({ rule, offset }) => [rule, offset]),
      [['lost', gone.lineage.raw_offset]],
    )
  }
})

test('a dead letter that is taken away is missed', () => {
  const { violations } = judge(evidence => evidence.deadLetters.shift())
  assert.deepEqual(
    violations.map(({ rule, offset }) => [rule, offset]),
    [['lost', 5]],
  )
})

const breakages: [string, string, (evidence: PartitionEvidence) => void][] = [
  [
    'an event published twice',
    'repeated',
    ({ events }) => {
      const last = events.at(-1)!
      events.push({ ...last, offset: last.offset + 1 })
    },
  ],
  [
    'a duplicate that was published',
    'repeated',
    ({ events }) => {
      const [first] = events
      const lineage = { ...first!.event.lineage, raw_offset: 2 }
      events.splice(2, 0, { ...first!, offset: 99, event: { ...first!.event, lineage } })
    },
  ],
  [
    'a stale event that is called CURRENT',
    'wrong_disposition',
    ({ events }) => {
      const stale = events.find(({ event: each }) => each.event_id === 'a3')!
      stale.event = { ...stale.event, disposition: 'CURRENT' }
    },
  ],
  [
    'an old signal that is called CURRENT',
    'wrong_disposition',
    ({ events }) => {
      const stale = events.find(({ event: each }) => each.event_id === 'v2')!
      stale.event = { ...stale.event, disposition: 'CURRENT' }
    },
  ],
  [
    'an event with other content than its delivery',
    'wrong_content',
    ({ events }) => {
      events[0]!.event = { ...events[0]!.event, event_type: 'reservation.canceled' }
    },
  ],
  ...(['attributes', 'customer_id', 'effective_at', 'resource'] as const).map(
    (field): (typeof breakages)[number] => [
      `an event with another ${field} than its delivery`,
      'wrong_content',
      ({ events }) => {
        const fact = events.find(({ event: each }) => each.event_id === 'a2')!
        fact.event = { ...fact.event, [field]: 'other' }
      },
    ],
  ),
  [
    'a signal that did not win and says so of itself',
    'wrong_content',
    ({ events }) => {
      const fact = events.find(({ event: each }) => each.event_id === 'v2')!
      const { signals } = fact.event as unknown as VehicleEvent
      const won = signals.map(signal => ({ ...signal, won: true }))
      fact.event = { ...fact.event, signals: won } as unknown as typeof fact.event
    },
  ],
  [
    'an event that names another delivery',
    'wrong_content',
    ({ events }) => {
      const lineage = { ...events[0]!.event.lineage, delivery_id: 'another' }
      events[0]!.event = { ...events[0]!.event, lineage }
    },
  ],
  ...[{ raw_partition: 1 }, { raw_topic: 'another' }].map((other): (typeof breakages)[number] => [
    `an event that names another place in raw (${Object.keys(other).join('')})`,
    'wrong_content',
    ({ events }) => {
      const lineage = { ...events[0]!.event.lineage, ...other }
      events[0]!.event = { ...events[0]!.event, lineage }
    },
  ]),
  [
    'a register with the winner’s id and an older one’s data',
    'wrong_state',
    ({ state }) => {
      const newest = state.findLast(({ key }) => key.endsWith('/R1'))!
      const register = { ...newest.state!.registers['reservation']!, data_json: '{}' }
      newest.state = { ...newest.state!, registers: { reservation: register } }
    },
  ],
  [
    'a state that holds another signal’s winner',
    'wrong_state',
    ({ state }) => {
      const newest = state.findLast(({ key }) => key.endsWith('/V1'))!
      const [[code, signal] = ['', undefined]] = Object.entries(newest.state!.signals)
      newest.state = { ...newest.state!, signals: { [code]: { ...signal!, event_id: 'v0' } } }
    },
  ],
  [
    'a dead letter with another code',
    'wrong_verdict',
    ({ deadLetters }) => {
      deadLetters[0]!.letter = { ...deadLetters[0]!.letter, error_code: 'BAD_TIME' }
    },
  ],
  [
    'a usable delivery that was dead-lettered',
    'wrong_verdict',
    ({ events, deadLetters }) => {
      const [gone] = events.splice(0, 1)
      const origin = { ...deadLetters[0]!.letter.origin, offset: gone!.event.lineage.raw_offset }
      const letter = { ...deadLetters[0]!.letter, origin }
      deadLetters.push({ topic: deadLetters[0]!.topic, offset: 9, letter })
    },
  ],
  [
    'an event out of raw order',
    'misordered',
    ({ events }) => {
      const reservations = events.filter(({ topic }) => topic.includes('.reservation.'))
      const [first, second] = reservations
      events.splice(events.indexOf(first!), 2, second!, first!)
    },
  ],
  [
    'an event from a raw record that does not exist',
    'stray',
    ({ events }) => {
      const lineage = { ...events[0]!.event.lineage, raw_offset: 4711 }
      events.push({ ...events.at(-1)!, event: { ...events[0]!.event, lineage } })
    },
  ],
  [
    'a state that holds another winner',
    'wrong_state',
    ({ state }) => {
      state.splice(0, state.length, ...state.filter(({ key }) => !key.endsWith('/R1')))
    },
  ],
]

for (const [what, rule, change] of breakages) {
  test(`${what} is found as ${rule}`, () => {
    const { violations } = judge(change)
    assert.ok(
      violations.some(violation => violation.rule === rule),
      JSON.stringify(violations),
    )
  })
}

test('what the processor has not reached yet is pending, not lost', () => {
  const { report, violations } = judge(evidence => {
    evidence.processedUpTo = 9
    evidence.events = evidence.events.filter(({ event: each }) => each.lineage.raw_offset < 9)
  })
  assert.deepEqual(violations, [])
  assert.equal(report.pending, 2)
})

test('originals that retention has deleted from raw still explain their duplicates', () => {
  const { violations } = judge(evidence => {
    evidence.raw = evidence.raw.filter(({ offset }) => offset >= 2)
    evidence.rawStart = 2
  })
  assert.deepEqual(
    violations.filter(({ rule }) => rule === 'lost' || rule === 'repeated'),
    [],
  )
})

test('a record given up as too large changes no state, and its id may come again', () => {
  // What the pipeline leaves when the first delivery failed: the second stands alone.
  const evidence = healthyEvidence([
    { endpoint: 'levy-demo', body: 'dead-lettered' },
    event('x1', 'R8', 10),
  ])
  evidence.raw[0] = healthyEvidence([event('x1', 'R8', 20)]).raw[0]!
  const [letter] = evidence.deadLetters
  letter!.letter = { ...letter!.letter, error_code: 'TOO_LARGE' }
  const { report, violations } = judgePartition(evidence, modelSettings)
  assert.deepEqual(violations, [])
  assert.equal(report.published, 1)
  assert.equal(report.dead_letters, 1)
})
