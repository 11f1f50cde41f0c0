import assert from 'node:assert/strict'
import { test } from 'node:test'

import { lagFigures } from './lag-figures.ts'
import type { Look } from './lag-figures.ts'

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
  const { result, table } = lagFigures(looks, new Map([['crm-sink', 80]]), 4000)
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
  const { result } = lagFigures(looks, new Map([['crm-sink', 80]]), 2000)
  assert.equal(result['behind_s_max'], 0)
})
