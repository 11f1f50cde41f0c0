// What the ledger remembers, told as little histories of one charge.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { topics } from '@fleet/contracts'
import type { JournalEntry } from '@fleet/contracts'
import { driveStage } from '@fleet/stage'

import { accountingSink } from '../../src/index.ts'
import { buildEvent, euros, noonMicros, ownCharts } from '../build-event.ts'

const key = 'demo/charge/R1'
const dayMs = 86_400_000

type Given = Record<string, unknown>
type Step = [
  id: string,
  kind: 'charge' | 'refund' | 'adjustment',
  minor: number | null,
  more?: Given,
]

const types = {
  charge: 'billing.charge_succeeded',
  refund: 'billing.refund_processed',
  adjustment: 'billing.adjustment_posted',
}

/** A task that is told events of one charge; each answer in short. */
function ledger(memoryDays = 400) {
  const task = driveStage(accountingSink({ charts: ownCharts, memoryDays }))
  let timeMs = noonMicros / 1000
  const nameOf = new Map<string | null, string>()
  return {
    task,
    passDays: (days: number): void => void (timeMs += days * dayMs),
    tell([id, kind, minor, more = {}]: Step): string {
      const amount = minor === null ? { amount: null } : euros(minor)
      const { event } = buildEvent(types[kind], { event_id: id, ...amount, ...more })
      const decision = task.pipe(topics.events.billing, { key, value: event, timestampMs: timeMs })
      if (decision.refusal !== undefined) return decision.refusal.code
      const entry = decision.emit[0]?.value as JournalEntry | undefined
      if (entry === undefined) return decision.verdict
      nameOf.set(entry.entry_id, nameOf.get(entry.entry_id) ?? id)
      const notes = [
        entry.status === 'BOOKED' ? `booked ${entry.lines[0]?.amount_minor}` : 'awaits',
        entry.completes === null ? '' : `completes ${nameOf.get(entry.completes)}`,
        entry.charge_entry_id === null ? '' : `of ${nameOf.get(entry.charge_entry_id)}`,
        entry.excess_minor === null ? '' : `excess ${entry.excess_minor}`,
      ]
      return notes.filter(note => note !== '').join(', ')
    },
  }
}

const usd = { amount: { amount_minor: 50, currency: 'USD' } }

const histories: Record<string, [Step, string][]> = {
  'an event that comes again is not booked again': [
    [['a', 'charge', 100], 'booked 100'],
    [['a', 'charge', 100], 'duplicate'],
    [['a', 'charge', 100, { disposition: 'SUPERSEDED' }], 'duplicate'],
    [['b', 'charge', 100], 'booked 100'],
  ],
  'the same event with another amount, currency or category is refused': [
    [['a', 'charge', 100], 'booked 100'],
    [['a', 'charge', 101], 'ENTRY_CONFLICT'],
    [['a', 'charge', 100, usd], 'ENTRY_CONFLICT'],
    [['a', 'charge', 100, { category: 'fee' }], 'ENTRY_CONFLICT'],
    [['a', 'charge', null], 'duplicate'],
    [['a', 'charge', 100], 'duplicate'],
  ],
  'the same event id of another source is another event': [
    [['a', 'charge', 100], 'booked 100'],
    [['a', 'charge', 100, { source: 'ump' }], 'booked 100'],
  ],
  'an awaited amount is completed once': [
    [['thin', 'charge', null], 'awaits'],
    [['thin', 'charge', null], 'duplicate'],
    [['rich', 'charge', 100], 'booked 100, completes thin'],
    [['rich', 'charge', 100], 'duplicate'],
    [['thin', 'charge', null], 'duplicate'],
    [['more', 'charge', 100], 'booked 100'],
  ],
  'the event itself, sent again with its amount, completes its entry': [
    [['thin', 'charge', null], 'awaits'],
    [['thin', 'charge', 100], 'booked 100, completes thin'],
    [['thin', 'charge', 100], 'duplicate'],
    [['thin', 'charge', 90], 'ENTRY_CONFLICT'],
  ],
  'an amount that another event brought is not brought again by the event itself': [
    [['thin', 'charge', null], 'awaits'],
    [['rich', 'charge', 100], 'booked 100, completes thin'],
    [['thin', 'charge', 100], 'duplicate'],
  ],
  'an event whose amount another one seemed to bring is booked with its own, once': [
    [['thin', 'charge', null], 'awaits'],
    [['other', 'charge', 100], 'booked 100, completes thin'],
    [['thin', 'charge', 70], 'booked 70'],
    [['thin', 'charge', 70], 'duplicate'],
    [['thin', 'charge', null], 'duplicate'],
    [['thin', 'charge', 100], 'ENTRY_CONFLICT'],
    [['r', 'refund', 180], 'booked 180, of thin, excess 10'],
  ],
  'an awaited charge is not completed by the charge of another name': [
    [['thin', 'charge', null, { charge_id: 'A' }], 'awaits'],
    [['full', 'charge', 500, { charge_id: 'B', category: 'fee' }], 'booked 500'],
    [['thin', 'charge', 9900, { charge_id: 'A' }], 'booked 9900, completes thin'],
  ],
  'the charge of the same name is completed before an older one without a name': [
    [['t1', 'charge', null], 'awaits'],
    [['t2', 'charge', null, { charge_id: 'B' }], 'awaits'],
    [['t3', 'charge', null, { charge_id: 'B' }], 'awaits'],
    [['c1', 'charge', 1, { charge_id: 'B' }], 'booked 1, completes t2'],
    [['c2', 'charge', 2, { charge_id: 'C' }], 'booked 2, completes t1'],
    [['c3', 'charge', 3], 'booked 3, completes t3'],
  ],
  'an awaited refund is completed by one of the same charge': [
    [['thin', 'refund', null, { refund_of: 'A' }], 'awaits'],
    [['r', 'refund', 5, { refund_of: 'B' }], 'booked 5'],
    [['rich', 'refund', 7, { refund_of: 'A' }], 'booked 7, completes thin'],
  ],
  'a refund is held against the charge that it names': [
    [['c1', 'charge', 10_000, { charge_id: 'A' }], 'booked 10000'],
    [['c2', 'charge', 500, { charge_id: 'B' }], 'booked 500'],
    [['r1', 'refund', 400, { refund_of: 'B' }], 'booked 400, of c2'],
    [['r2', 'refund', 5000, { refund_of: 'B' }], 'booked 5000, of c2, excess 4900'],
    [['r3', 'refund', 1, { refund_of: 'A' }], 'booked 1, of c1'],
    [['r4', 'refund', 1, { refund_of: 'unknown' }], 'booked 1, of c1'],
  ],
  'a charge that comes after the refund that names it is held against it': [
    [['c1', 'charge', 10_000, { charge_id: 'A' }], 'booked 10000'],
    [['r', 'refund', 50, { refund_of: 'B' }], 'booked 50, of c1'],
    [['c2', 'charge', 5, { charge_id: 'B' }], 'booked 5, excess 45'],
  ],
  'nothing is in excess of a named charge whose amount is awaited, whatever others await': [
    [['t1', 'charge', null, { charge_id: 'A' }], 'awaits'],
    [['c2', 'charge', 5, { charge_id: 'B' }], 'booked 5'],
    [['r1', 'refund', 50, { refund_of: 'A' }], 'booked 50, of t1'],
    [['r2', 'refund', 50, { refund_of: 'B' }], 'booked 50, of c2, excess 45'],
  ],
  'refunds without a name still count against all of the resource': [
    [['c1', 'charge', 100, { charge_id: 'A' }], 'booked 100'],
    [['r1', 'refund', 100], 'booked 100, of c1'],
    [['r2', 'refund', 50, { refund_of: 'A' }], 'booked 50, of c1, excess 50'],
  ],
  'several are completed in their order, each by an event of its own type': [
    [['t1', 'refund', null], 'awaits'],
    [['t2', 'refund', null], 'awaits'],
    [['c', 'charge', 100], 'booked 100'],
    [['r1', 'refund', 10], 'booked 10, completes t1, of c'],
    [['r2', 'refund', 20], 'booked 20, completes t2, of c'],
    [['r3', 'refund', 30], 'booked 30, of c'],
  ],
  'an adjustment is completed too': [
    [['thin', 'adjustment', null], 'awaits'],
    [['rich', 'adjustment', -5], 'booked 5, completes thin'],
    [['rich', 'adjustment', -5], 'duplicate'],
    [['rich', 'adjustment', 5], 'ENTRY_CONFLICT'],
  ],
  'zero is no amount that completes anything': [
    [['thin', 'charge', null], 'awaits'],
    [['zero', 'charge', 0], 'published'],
    [['rich', 'charge', 7], 'booked 7, completes thin'],
  ],
  'refunds beyond their charge are booked, with the excess': [
    [['c', 'charge', 100], 'booked 100'],
    [['r1', 'refund', 60], 'booked 60, of c'],
    [['r2', 'refund', 60], 'booked 60, of c, excess 20'],
    [['r3', 'refund', 1], 'booked 1, of c, excess 21'],
    [['c2', 'charge', 21], 'booked 21'],
  ],
  'a charge that comes after its refund is held against it': [
    [['r', 'refund', 60], 'booked 60'],
    [['c', 'charge', 50], 'booked 50, excess 10'],
  ],
  'nothing is in excess of a charge whose amount is awaited': [
    [['thin', 'charge', null], 'awaits'],
    [['r', 'refund', 60], 'booked 60, of thin'],
    [['rich', 'charge', 50], 'booked 50, completes thin, excess 10'],
  ],
  'currencies are never mixed: what was not charged in one cannot be refunded in it': [
    [['c', 'charge', 100], 'booked 100'],
    [['r', 'refund', 50, usd], 'booked 50, of c, excess 50'],
    [['r2', 'refund', 100], 'booked 100, of c'],
  ],
  'adjustments change neither side of the check': [
    [['c', 'charge', 100], 'booked 100'],
    [['a', 'adjustment', -50], 'booked 50'],
    [['r', 'refund', 100], 'booked 100, of c'],
  ],
  'test deliveries leave no trace': [
    [['c', 'charge', 100, { mode: 'TEST' }], 'published'],
    [['c', 'charge', 100], 'booked 100'],
  ],
}

describe('a history of one charge', () => {
  for (const [rule, steps] of Object.entries(histories)) {
    test(rule, () => {
      const told = ledger()
      const answers = steps.map(([step]) => told.tell(step))
      assert.deepEqual(
        answers,
        steps.map(([, answer]) => answer),
      )
    })

    test(`${rule}, also when the process ends after every event`, () => {
      const told = ledger()
      for (const [step, answer] of steps) {
        assert.equal(told.tell(step), answer)
        told.task.restart()
      }
    })
  }

  test('entries are numbered without a gap, whatever stands between them', () => {
    const { task, tell } = ledger()
    tell(['a', 'charge', 1])
    tell(['a', 'charge', 1])
    tell(['b', 'charge', null])
    tell(['c', 'charge', -1])
    tell(['d', 'refund', 5])
    const numbers = task
      .outputs(topics.accounting)
      .map(({ value }) => (value as JournalEntry).sequence)
    assert.deepEqual(numbers, [1, 2, 3])
  })

  test('an excess is told once it is committed, and not again after a restart', () => {
    const told: number[] = []
    const onExcesses = (count: number): void => void told.push(count)
    const task = driveStage(accountingSink({ charts: ownCharts, memoryDays: 400, onExcesses }))
    const tell = (id: string, type: string): void => {
      const { event } = buildEvent(type, { event_id: id })
      task.pipe(topics.events.billing, { key, value: event, timestampMs: noonMicros / 1000 })
    }
    tell('c', types.charge)
    tell('r1', types.refund)
    assert.deepEqual(told, [])
    tell('r2', types.refund)
    task.restart()
    assert.deepEqual(told, [1])
    tell('r3', types.refund)
    assert.deepEqual(told, [1, 1])
  })

  test('memory lasts its days and not longer', () => {
    const told = ledger(10)
    told.tell(['a', 'charge', 1])
    told.passDays(10)
    assert.equal(told.tell(['a', 'charge', 1]), 'duplicate')
    told.passDays(1)
    told.tell(['b', 'charge', 1])
    told.task.restart()
    assert.equal(told.tell(['a', 'charge', 1]), 'booked 1')
    const keys = told.task.changelog().map(({ key: name }) => name)
    assert.equal(keys.filter(name => name.startsWith('entry/')).length, 2)
  })

  test('after a restart it ends as before, whatever was written first', () => {
    const told = ledger(10)
    for (const id of ['a1', 'a2']) told.tell([id, 'charge', 1])
    told.passDays(8)
    told.tell(['b', 'charge', 1])
    told.task.restart()
    told.passDays(3)
    told.tell(['c', 'charge', 1])
    const keys = told.task.changelog().map(({ key: name }) => name)
    assert.equal(keys.filter(name => name.startsWith('entry/')).length, 2)
  })

  test('a resource with very many thin events does not grow its record without end', () => {
    const told = ledger()
    for (let n = 0; n < 300; n++) told.tell([`t${n}`, 'charge', null])
    const record = told.task.changelog().find(({ key: name }) => name.startsWith('resource/'))
    assert.ok((record?.value?.length ?? 0) < 10_000)
    assert.equal(told.task.state.sizes()['awaiting_amount'], 300)
  })

  test('a resource with very many named charges keeps the newest of them', () => {
    const told = ledger()
    for (let n = 0; n < 300; n++) told.tell([`c${n}`, 'charge', 10, { charge_id: `C${n}` }])
    const record = told.task.changelog().find(({ key: name }) => name.startsWith('resource/'))
    assert.ok((record?.value?.length ?? 0) < 10_000)
    assert.match(told.tell(['r1', 'refund', 11, { refund_of: 'C299' }]), /of c299, excess 1$/)
    assert.equal(told.tell(['r2', 'refund', 11, { refund_of: 'C0' }]), 'booked 11, of c0')
  })

  test('a memory from before names were kept is read', () => {
    const told = ledger()
    told.tell(['thin', 'charge', null])
    const [record] = told.task.changelog().filter(({ key: name }) => name.startsWith('resource/'))
    const [day, first, sums, awaiting] = JSON.parse(String(record?.value)) as [
      number,
      string,
      object,
      [string, string][],
    ]
    const before = [day, first, sums, awaiting.map(([id, type]) => [id, type])]
    told.task.state.restore(record?.key ?? '', Buffer.from(JSON.stringify(before)))
    assert.equal(told.tell(['c', 'charge', 5, { charge_id: 'A' }]), 'booked 5, completes thin')
    assert.equal(told.tell(['r', 'refund', 6, { refund_of: 'A' }]), 'booked 6, of c, excess 1')
  })

  test('the total of excesses is shown, also by the process that comes after', () => {
    const told = ledger()
    told.tell(['c', 'charge', 1])
    told.tell(['r', 'refund', 2])
    assert.equal(told.task.state.sizes()['refund_excesses'], 1)
    told.task.restart()
    assert.equal(told.task.state.sizes()['refund_excesses'], 1)
  })
})
