import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { VehicleEvent } from '@fleet/contracts'

import { keyOf, micros, Partition, read, sent } from '../kit.ts'
import type { Decided, Sent } from '../kit.ts'

// Each row: a delivery, and what comes of it. Deliveries are written as in kit.ts; times are
// seconds, the window is 1000, the skew 300, the horizon 10,000. Results are `CURRENT|SUPERSEDED
// <winner of the domain>`, `duplicate`, or the code of a dead letter.
const stories: Record<string, [delivery: string, result: string][]> = {
  'the later event wins, in whatever order they come': [
    ['10 reservation.created e1 @5', 'CURRENT e1'],
    ['11 reservation.updated e2 @7', 'CURRENT e2'],
    ['12 reservation.updated e3 @6', 'SUPERSEDED e2'],
  ],
  'at one instant the type further in the lifecycle wins': [
    ['10 reservation.canceled e1 @5', 'CURRENT e1'],
    ['11 reservation.updated e9 @5', 'SUPERSEDED e1'],
    ['12 reservation.no_show e8 @5', 'SUPERSEDED e1'],
  ],
  'at one instant and rank the greater id wins, bytewise': [
    ['10 reservation.accepted b @5', 'CURRENT b'],
    ['11 reservation.refused a @5', 'SUPERSEDED b'],
    ['12 reservation.accepted c @5', 'CURRENT c'],
    ['13 reservation.accepted C @5', 'SUPERSEDED c'],
  ],
  'domains of one resource do not compete': [
    ['10 reservation.created e1 @9', 'CURRENT e1'],
    ['11 billing.charge_failed e2 @5', 'CURRENT e2'],
  ],
  'resources do not compete': [
    ['10 reservation.created e1 @9 resource=A', 'CURRENT e1'],
    ['11 reservation.created e2 @5 resource=B', 'CURRENT e2'],
  ],
  'a time in the future is held back to append time plus skew': [
    ['100 reservation.updated e1 @9000', 'CURRENT e1'],
    ['399 reservation.updated e2 @399', 'SUPERSEDED e1'],
    ['401 reservation.updated e3 @401', 'CURRENT e3'],
    ['402 reservation.updated e0 @9000', 'CURRENT e0'],
  ],
  'a repeat within the window is a duplicate': [
    ['10 reservation.updated e1', 'CURRENT e1'],
    ['11 reservation.updated e1 @10', 'duplicate'],
    ['1010 reservation.updated e1 @10', 'duplicate'],
    ['1011 reservation.updated e1 @10', 'SUPERSEDED e1'],
    ['1012 reservation.updated e1 @10', 'duplicate'],
  ],
  'duplicates do not prolong the window': [
    ['10 reservation.updated e1 @10', 'CURRENT e1'],
    ['900 reservation.updated e1 @10', 'duplicate'],
    ['1011 reservation.updated e1 @10', 'SUPERSEDED e1'],
  ],
  'stream time does not go back': [
    ['10 reservation.updated e1 @10', 'CURRENT e1'],
    ['1100 reservation.updated e2 @20', 'CURRENT e2'],
    ['500 reservation.updated e3 @30', 'CURRENT e3'],
    ['500 reservation.updated e1 @10 received=200', 'SUPERSEDED e3'],
    ['1600 reservation.updated e3 @30 received=1600', 'duplicate'],
  ],
  'the same id of another tenant, source, resource or mode is another event': [
    ['10 reservation.updated e1', 'CURRENT e1'],
    ['11 reservation.updated e1 tenant=other', 'CURRENT e1'],
    ['12 reservation.updated e1 source=ump', 'CURRENT e1'],
    ['13 reservation.updated e1 resource=R2', 'CURRENT e1'],
    ['14 reservation.updated e1 test', 'SUPERSEDED e1'],
    ['15 reservation.updated e1', 'duplicate'],
    ['16 reservation.updated e1 test', 'duplicate'],
  ],
  'one id with two contents is a conflict, which is not remembered and replaces nothing': [
    ['10 reservation.updated e1 content=1', 'CURRENT e1'],
    ['11 reservation.updated e1 content=2', 'ID_CONFLICT'],
    ['12 reservation.updated e1 content=2', 'ID_CONFLICT'],
    ['13 reservation.updated e1 content=1', 'duplicate'],
    ['14 reservation.updated e1 content=2 count', 'duplicate'],
  ],
  'what can not be mapped is refused and not remembered': [
    ['10 reservation.updated e1 unidentified', 'UNIDENTIFIED'],
    ['11 reservation.updated e1 badtime', 'BAD_TIME'],
    ['12 reservation.updated e1', 'CURRENT e1'],
  ],
  'what was received before the window is refused, duplicate or not': [
    ['2000 reservation.updated e1 received=1000', 'CURRENT e1'],
    ['2001 reservation.updated e1 received=1000', 'OUTSIDE_WINDOW'],
    ['2002 reservation.updated e2 received=1001.999', 'OUTSIDE_WINDOW'],
    ['2003 reservation.updated e3 received=500 badtime', 'BAD_TIME'],
  ],
  'what is older than the horizon never wins, not even alone': [
    ['20000 reservation.updated e1 @9999.999', 'SUPERSEDED -'],
    ['20000 reservation.updated e2 @10000', 'CURRENT e2'],
    ['20001 billing.charge_failed e3 @10000', 'SUPERSEDED -'],
  ],
  'a test is published, remembered, and changes nothing': [
    ['10 reservation.updated e1 test', 'SUPERSEDED -'],
    ['11 reservation.updated e1 test', 'duplicate'],
    ['12 reservation.updated e1 test content=2', 'ID_CONFLICT'],
    ['13 reservation.created e2 @1', 'CURRENT e2'],
    ['14 reservation.updated e3 test', 'SUPERSEDED e2'],
  ],
}

for (const [rule, rows] of Object.entries(stories)) {
  test(rule, () => {
    const partition = new Partition()
    rows.forEach(([delivery, expected], row) => {
      const one = read(delivery)
      const decided = partition.take(one)
      assert.equal(resultOf(decided, one, partition), expected, `row ${row}: ${delivery}`)
    })
  })
}

function resultOf({ outcome, event }: Decided, one: Sent, partition: Partition): string {
  if (outcome.verdict === 'duplicate') return 'duplicate'
  if (outcome.verdict === 'dead_letter') return outcome.code
  const winner = partition.state.resource(keyOf(one))?.registers.get(one.domain)?.event_id
  assert.equal(outcome.superseded, event?.disposition === 'SUPERSEDED')
  return `${event?.disposition} ${winner ?? '-'}`
}

// Results: the disposition, the codes of the event that won, and the signals in state afterwards as
// `code:status:value@time of the value`.
const vehicleStories: Record<string, [delivery: string, result: string][]> = {
  'signals win one by one': [
    [
      '10 vehicle.state_reported e1 signals=odo:ok:5:1,fuel:ok:6:50',
      'CURRENT odo,fuel | odo:ok:1@5 fuel:ok:50@6',
    ],
    [
      '11 vehicle.state_reported e2 signals=odo:ok:4:0,fuel:ok:7:49',
      'CURRENT fuel | odo:ok:1@5 fuel:ok:49@7',
    ],
    ['12 vehicle.state_reported e3 signals=odo:ok:3:0', 'SUPERSEDED  | odo:ok:1@5 fuel:ok:49@7'],
  ],
  'a failed signal keeps the last good value': [
    ['10 vehicle.state_reported e1 signals=odo:ok:5:1', 'CURRENT odo | odo:ok:1@5'],
    ['11 vehicle.signal_failed e2 signals=odo:failed:6', 'CURRENT odo | odo:failed:1@5'],
    ['12 vehicle.state_reported e3 signals=odo:ok:7:2', 'CURRENT odo | odo:ok:2@7'],
  ],
  'a good reading behind the failure refreshes the value only': [
    ['10 vehicle.state_reported e1 signals=odo:ok:5:1', 'CURRENT odo | odo:ok:1@5'],
    ['11 vehicle.signal_failed e2 @9 signals=odo:failed:8', 'CURRENT odo | odo:failed:1@5'],
    ['12 vehicle.state_reported e3 @6 signals=odo:ok:6:2', 'SUPERSEDED  | odo:failed:2@6'],
    ['13 vehicle.state_reported e4 @6 signals=odo:ok:5:9', 'SUPERSEDED  | odo:failed:2@6'],
  ],
  'a failure without any good reading before has no value': [
    ['10 vehicle.signal_failed e1 signals=odo:failed:5', 'CURRENT odo | odo:failed:-@-'],
    ['11 vehicle.state_reported e2 signals=odo:ok:4:1', 'SUPERSEDED  | odo:failed:1@4'],
  ],
  'at one instant the greater event id wins': [
    ['10 vehicle.state_reported b signals=odo:ok:5:1', 'CURRENT odo | odo:ok:1@5'],
    ['11 vehicle.state_reported a signals=odo:ok:5:2', 'SUPERSEDED  | odo:ok:1@5'],
    ['12 vehicle.state_reported c signals=odo:ok:5:3', 'CURRENT odo | odo:ok:3@5'],
  ],
  'of one code twice in an event the latest competes, and of equals the last': [
    [
      '10 vehicle.state_reported e1 signals=odo:ok:5:1,odo:ok:7:2,odo:ok:6:3',
      'CURRENT odo | odo:ok:2@7',
    ],
    ['11 vehicle.state_reported e2 signals=odo:ok:8:4,odo:ok:8:5', 'CURRENT odo | odo:ok:5@8'],
    [
      '12 vehicle.state_reported e3 signals=odo:ok:9:6,odo:failed:9',
      'CURRENT odo | odo:failed:5@8',
    ],
  ],
  'a reading from the future is held back to append time plus skew': [
    ['10 vehicle.state_reported e1 signals=odo:ok:9000:1', 'CURRENT odo | odo:ok:1@9000'],
    ['309 vehicle.state_reported e2 signals=odo:ok:309:2', 'SUPERSEDED  | odo:ok:1@9000'],
    ['311 vehicle.state_reported e3 signals=odo:ok:311:3', 'CURRENT odo | odo:ok:3@311'],
  ],
  'a reading older than the horizon never wins': [
    [
      '20000 vehicle.state_reported e1 signals=odo:ok:9999:1,fuel:ok:10000:2',
      'CURRENT fuel | fuel:ok:2@10000',
    ],
  ],
  'without signals the register decides': [
    ['10 vehicle.error_resolved e1 @5', 'CURRENT  | '],
    ['11 vehicle.command_failed e2 @4', 'SUPERSEDED  | '],
  ],
  'an event all of whose signals lost is superseded, though it holds the register': [
    ['10 vehicle.state_reported e1 @5 signals=odo:ok:5:1', 'CURRENT odo | odo:ok:1@5'],
    ['11 vehicle.state_reported e2 @9 signals=odo:ok:4:0', 'SUPERSEDED  | odo:ok:1@5'],
  ],
  'a test changes no signal': [
    ['10 vehicle.state_reported e1 signals=odo:ok:5:1 test', 'SUPERSEDED  | '],
    ['11 vehicle.state_reported e2 signals=odo:ok:4:2', 'CURRENT odo | odo:ok:2@4'],
  ],
}

for (const [rule, rows] of Object.entries(vehicleStories)) {
  test(rule, () => {
    const partition = new Partition()
    rows.forEach(([delivery, expected], row) => {
      const one = read(delivery)
      const { event } = partition.take(one)
      const won = (event as VehicleEvent).signals.filter(each => each.won).map(each => each.code)
      const actual = `${event?.disposition} ${won.join()} | ${signalsOf(partition, one)}`
      assert.equal(actual, expected, `row ${row}: ${delivery}`)
    })
  })
}

function signalsOf(partition: Partition, one: Sent): string {
  const signals = partition.state.resource(keyOf(one))?.signals ?? new Map()
  return [...signals.values()]
    .map(({ latest, value }) => {
      const status = latest.signal.status === 'SUCCESS' ? 'ok' : 'failed'
      const at = value === null ? '-' : (value.observedAt - micros(0)) / 1_000_000
      return `${latest.signal.code}:${status}:${value?.valueJson ?? '-'}@${at}`
    })
    .join(' ')
}

test('a state is written when something won or a value was refreshed, one version each', () => {
  const partition = new Partition()
  const versions = [
    '10 vehicle.state_reported e1 @5 signals=odo:ok:5:1',
    '11 vehicle.state_reported e2 @4 signals=odo:ok:4:1',
    '12 vehicle.signal_failed e3 @9 signals=odo:failed:9',
    '13 vehicle.state_reported e4 @6 signals=odo:ok:6:1',
    '14 vehicle.state_reported e5 @10 signals=odo:ok:1:1',
  ].map(line => partition.take(read(line)).states[0]?.value?.version)
  assert.deepEqual(versions, [1, undefined, 2, 3, 4])
})

test('the state carries the event that caused it: its effective time and its lineage', () => {
  const partition = new Partition()
  partition.take(read('10 reservation.created e1 @9'))
  const { states } = partition.take(read('11 billing.charge_failed e2 @5'))
  const state = states[0]?.value
  assert.equal(state?.updated_at, micros(5))
  assert.equal(state?.lineage.raw_offset, 1)
  assert.deepEqual(Object.keys(state?.registers ?? {}), ['billing', 'reservation'])
  assert.equal(state?.deleted, false)
})

test('a register holds the typed fields and attributes of its winner', () => {
  const fields = { reason: 'late', amount: { amount_minor: 5, currency: 'EUR' } }
  const partition = new Partition()
  const { states } = partition.take(sent({ appended: 1, fields, attributes: { x: '"y"' } }))
  const register = states[0]?.value?.registers['reservation']
  assert.deepEqual(JSON.parse(register?.data_json ?? ''), { ...fields, attributes: { x: '"y"' } })
  assert.equal(register?.rank, 1)
})

test('nothing of a deleted customer stays in its register; a location is only marked', () => {
  const fields = { name: 'Ada' }
  const partition = new Partition()
  partition.take(sent({ appended: 1, id: 'e1', type: 'customer.created', fields }))
  const customer = partition.take(sent({ appended: 2, id: 'e2', type: 'customer.deleted', fields }))
  assert.equal(customer.states[0]?.value?.deleted, true)
  assert.equal(customer.states[0]?.value?.registers['customer']?.data_json, '{}')
  const back = partition.take(sent({ appended: 3, id: 'e3', type: 'customer.updated', fields }))
  assert.equal(back.states[0]?.value?.deleted, false)

  const place = { appended: 4, resource: 'L', fields }
  const location = partition.take(sent({ ...place, type: 'location.deleted' }))
  assert.equal(location.states[0]?.value?.deleted, true)
  assert.match(location.states[0]?.value?.registers['location']?.data_json ?? '', /Ada/)
})

test('a resource with nothing within the horizon is dropped with a tombstone, oldest first', () => {
  const partition = new Partition()
  for (const [at, resource] of [
    [1, 'B'],
    [2, 'A'],
    [500, 'C'],
  ] as const) {
    partition.take(sent({ appended: at, resource, id: resource }))
  }
  const later = partition.take(sent({ appended: 10_003, resource: 'D' }))
  assert.deepEqual(
    later.states.map(({ key, value }) => [key, value?.version ?? null]),
    [
      ['demo/thing/D', 1],
      ['demo/thing/B', null],
      ['demo/thing/A', null],
    ],
  )
  assert.equal(partition.state.resource('demo/thing/B'), undefined)
  assert.notEqual(partition.state.resource('demo/thing/C'), undefined)
  assert.equal(partition.compacted().has('r/demo/thing/A'), false)
})

test('a resource that gets an event just when it would be dropped keeps its version', () => {
  const partition = new Partition()
  partition.take(sent({ appended: 1, id: 'e1' }))
  const { states } = partition.take(sent({ appended: 20_000, id: 'e2' }))
  assert.deepEqual(
    states.map(({ value }) => value?.version),
    [2],
  )
})

test('signal codes and attributes may be any word, __proto__ too', () => {
  const partition = new Partition()
  const line = '10 vehicle.state_reported e1 signals=__proto__:ok:5:1,constructor:ok:5:2'
  const { states } = partition.take(read(line))
  assert.deepEqual(Object.keys(states[0]?.value?.signals ?? {}), ['__proto__', 'constructor'])
  partition.restart()
  const signals = partition.state.resource('demo/vehicle/R1')?.signals
  assert.equal(signals?.get('__proto__')?.value?.valueJson, '1')
})

test('an event carries where it comes from and CloudEvents headers', () => {
  const partition = new Partition()
  const { outcome, event } = partition.take(read('10 reservation.created e1 @5 tenant=a/b'))
  assert.ok(outcome.verdict === 'published')
  assert.deepEqual(outcome.emit[0]?.headers, {
    ce_specversion: '1.0',
    ce_id: 'e1',
    ce_source: '/tenants/a%2Fb/sources/levy',
    ce_type: 'reservation.created',
    ce_time: '2026-01-01T00:00:05.000000Z',
    ce_subject: 'thing/R1',
    'content-type': 'application/avro',
  })
  assert.equal(outcome.emit[0]?.occurredAtMicros, micros(5))
  assert.deepEqual(event?.lineage, {
    raw_topic: 'raw',
    raw_partition: 0,
    raw_offset: 0,
    raw_timestamp: micros(10),
    delivery_id: 'delivery of e1',
    part_index: 0,
    channel: 'WEBHOOK',
    provenance_key_id: 'k1',
  })
})
