import assert from 'node:assert/strict'
import { test } from 'node:test'

import { doneAt, lagFigures } from './lag-figures.ts'
import type { Look, Works } from './lag-figures.ts'

function look(atMs: number, processed: number, lag: number, records: number): Look {
  return { atMs, processed, stages: new Map([['crm-sink', { lag, records }]]) }
}

test('lag, and how long after the processor a stage had done its work', () => {
  const looks = [
    look(1000, 10, 5, 0),
    look(2000, 40, 20, 15),
    look(3000, 80, 30, 40),
    look(4000, 100, 10, 70),
    look(5500, 100, 0, 80),
  ]
  const { result, table } = lagFigures(looks, new Map([['crm-sink', { records: 80 }]]), 4000)
  assert.deepEqual(result, {
    processor_s: 3,
    processor_events_per_s: 33,
    lag_max: 30,
    behind_s_max: 1.5,
    sinks: {
      'crm-sink': {
        records: 80,
        lag_max: 30,
        lag_max_share: 0.375,
        lag_second_quarter: 20,
        lag_last_quarter: 13,
        behind_s: 1.5,
      },
    },
  })
  assert.equal(table.length, 3)
})

test('a stage that was done before the processor is not behind', () => {
  const looks = [look(1000, 10, 0, 80), look(2000, 100, 0, 80)]
  const { result } = lagFigures(looks, new Map([['crm-sink', { records: 80 }]]), 2000)
  assert.equal(result['behind_s_max'], 0)
})

/** Lags of three stages at looks a second apart; the processor is done at the third. */
function looksOf(...rows: [router: number, alerting: number, projector: number][]): Look[] {
  return rows.map(([router, alerting, projector], index) => ({
    atMs: index * 1000,
    processed: Math.min(3, index + 1) * 10,
    stages: new Map([
      ['alerting-router', { lag: router, records: 50 - router }],
      ['alerting-sink', { lag: alerting, records: 100 + index }],
      ['projector', { lag: projector, records: 20 }],
    ]),
  }))
}

const works: Works = new Map([
  ['alerting-router', { records: 50 }],
  ['alerting-sink', { after: ['alerting-router'] }],
  ['projector', { after: ['processor'] }],
])

test('a stage that reads what others write is done when they are and it has no lag for a while', () => {
  const looks = looksOf([9, 0, 0], [5, 0, 0], [5, 0, 0], [0, 7, 0], [0, 0, 0], [0, 3, 0], [0, 0, 0])
  const at = (name: 'alerting-sink' | 'projector', upTo: number): number | undefined =>
    doneAt(looks.slice(0, upTo), works, name, 2000)?.atMs
  assert.equal(at('projector', 4), undefined)
  assert.equal(at('projector', 5), 2000)
  assert.equal(at('alerting-sink', 7), undefined)
  looks.push(...looksOf([0, 0, 0], [0, 0, 0]).map(each => ({ ...each, atMs: each.atMs + 7000 })))
  assert.equal(at('alerting-sink', 9), 6000)
  const { result } = lagFigures(looks, works, 2000)
  const { sinks } = result as { sinks: Record<string, Record<string, number>> }
  assert.equal(sinks['alerting-sink']?.['behind_s'], 4)
  assert.equal(sinks['alerting-sink']['records'], 106)
  assert.equal(sinks['projector']?.['behind_s'], 0)
})
