// What alerting is told of refunds beyond their charge, as little histories of one resource.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { partitionOf, topics } from '@fleet/contracts'
import type { AlertSignal, JournalEntry } from '@fleet/contracts'
import { driveStage } from '@fleet/stage'

import { accountingSink } from '../../src/index.ts'
import { buildEvent, euros, noonMicros, ownCharts } from '../build-event.ts'

const key = 'demo/charge/R1'

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

function ledger() {
  const task = driveStage(accountingSink({ charts: ownCharts, memoryDays: 400 }), { partition: 4 })
  return {
    task,
    tell([id, kind, minor, more = {}]: Step): string {
      const amount = minor === null ? { amount: null } : euros(minor)
      const { event } = buildEvent(types[kind], { event_id: id, ...amount, ...more })
      const decision = task.pipe(topics.events.billing, {
        key,
        value: event,
        timestampMs: noonMicros / 1000,
      })
      const signal = decision.emit.find(({ topic }) => topic === topics.alertSignals)
      if (signal === undefined) return ''
      const { kind: said, amount: money } = signal.value as AlertSignal
      return `${said} ${money?.amount_minor} ${money?.currency}`
    },
  }
}

const usd = (minor: number) => ({ amount: { amount_minor: minor, currency: 'USD' } })

const histories: Record<string, [Step, string][]> = {
  'refunds up to the charge tell nothing': [
    [['c', 'charge', 100], ''],
    [['r1', 'refund', 60], ''],
    [['r2', 'refund', 40], ''],
  ],
  'the refund that goes beyond tells it, and each that goes further': [
    [['c', 'charge', 100], ''],
    [['r1', 'refund', 130], 'REFUND_EXCESS 30 EUR'],
    [['r2', 'refund', 5], 'REFUND_EXCESS 35 EUR'],
  ],
  'a refund that comes again tells nothing': [
    [['c', 'charge', 100], ''],
    [['r', 'refund', 130], 'REFUND_EXCESS 30 EUR'],
    [['r', 'refund', 130], ''],
    [['r', 'refund', 130, { disposition: 'SUPERSEDED' }], ''],
  ],
  'one whose amount was changed is refused and tells nothing': [
    [['c', 'charge', 100], ''],
    [['r', 'refund', 130], 'REFUND_EXCESS 30 EUR'],
    [['r', 'refund', 140], ''],
  ],
  'a test tells nothing': [
    [['c', 'charge', 100], ''],
    [['r', 'refund', 130, { mode: 'TEST' }], ''],
  ],
  'a later charge covers it, wholly or in part': [
    [['c1', 'charge', 100], ''],
    [['r', 'refund', 130], 'REFUND_EXCESS 30 EUR'],
    [['c2', 'charge', 20], 'REFUND_COVERED 10 EUR'],
    [['c3', 'charge', 20], 'REFUND_COVERED 0 EUR'],
    [['c4', 'charge', 20], ''],
  ],
  'a later adjustment settles it, an earlier or a negative one does not': [
    [['c', 'charge', 100], ''],
    [['a1', 'adjustment', 50], ''],
    [['r1', 'refund', 130], 'REFUND_EXCESS 30 EUR'],
    [['a2', 'adjustment', -50], ''],
    [['a3', 'adjustment', 10], 'REFUND_COVERED 20 EUR'],
    [['a4', 'adjustment', 25], 'REFUND_COVERED 0 EUR'],
    [['a5', 'adjustment', 25], ''],
    [['r2', 'refund', 7], 'REFUND_EXCESS 7 EUR'],
  ],
  'what adjustments settled does not count twice when a charge covers it after all': [
    [['c1', 'charge', 100], ''],
    [['r1', 'refund', 130], 'REFUND_EXCESS 30 EUR'],
    [['a', 'adjustment', 30], 'REFUND_COVERED 0 EUR'],
    [['c2', 'charge', 30], ''],
    [['r2', 'refund', 9], 'REFUND_EXCESS 9 EUR'],
  ],
  'each currency stands for itself': [
    [['c', 'charge', 100], ''],
    [['r1', 'refund', 130], 'REFUND_EXCESS 30 EUR'],
    [['r2', 'refund', null, usd(5)], 'REFUND_EXCESS 5 USD'],
    [['c2', 'charge', null, usd(5)], 'REFUND_COVERED 0 USD'],
    [['c3', 'charge', 30], 'REFUND_COVERED 0 EUR'],
  ],
  'refunds of named charges go beyond each by itself, and are told together': [
    [['a', 'charge', 100, { charge_id: 'A' }], ''],
    [['b', 'charge', 100, { charge_id: 'B' }], ''],
    [['r1', 'refund', 110, { refund_of: 'A' }], 'REFUND_EXCESS 10 EUR'],
    [['r2', 'refund', 105, { refund_of: 'B' }], 'REFUND_EXCESS 15 EUR'],
  ],
  'nothing is told while nothing is charged': [
    [['r', 'refund', 30], ''],
    [['c', 'charge', 20], 'REFUND_EXCESS 10 EUR'],
  ],
  'nothing is told while the amount of a charge is awaited': [
    [['c', 'charge', null], ''],
    [['r', 'refund', 30], ''],
    [['c', 'charge', 20], 'REFUND_EXCESS 10 EUR'],
  ],
  'a charge whose amount is awaited does not take back what was told': [
    [['c1', 'charge', 100], ''],
    [['r', 'refund', 130], 'REFUND_EXCESS 30 EUR'],
    [['c2', 'charge', null], ''],
    [['a', 'adjustment', 10], 'REFUND_COVERED 20 EUR'],
    [['c2', 'charge', 15], 'REFUND_COVERED 5 EUR'],
  ],
}

describe('refunds beyond their charge', () => {
  for (const [what, steps] of Object.entries(histories)) {
    test(what, () => {
      const { tell } = ledger()
      assert.deepEqual(
        steps.map(([step]) => tell(step)),
        steps.map(([, said]) => said),
      )
    })

    test(`${what}, also with a restart after each`, () => {
      const { task, tell } = ledger()
      const said = steps.map(([step]) => {
        task.restart()
        return tell(step)
      })
      assert.deepEqual(
        said,
        steps.map(([, text]) => text),
      )
    })
  }

  test('are told to the tenant, with the entry that is written beside it', () => {
    const { task, tell } = ledger()
    tell(['c', 'charge', 100])
    tell(['r', 'refund', 130])
    const [signal] = task.outputs(topics.alertSignals)
    const entry = task.outputs(topics.accounting)[1]?.value as JournalEntry
    assert.equal(entry.excess_minor, 30)
    assert.equal(signal?.key, 'demo')
    assert.equal(signal.partition, partitionOf('demo', 6))
    const { resource, event_id, event_type, effective_at, origin, entry_id, sequence } =
      signal.value as AlertSignal
    assert.deepEqual(
      { resource, event_id, event_type, effective_at, origin, entry_id, sequence },
      {
        resource: { type: 'charge', id: 'R1' },
        event_id: 'r',
        event_type: 'billing.refund_processed',
        effective_at: noonMicros,
        origin: entry.origin,
        entry_id: entry.entry_id,
        sequence: 2,
      },
    )
  })
})
