import assert from 'node:assert/strict'
import { test } from 'node:test'

import { allFaults, allKinds, planLanes } from './schedule.ts'

function order(seed: number, rounds: number, kinds = allKinds): string[] {
  return planLanes(seed, kinds).flatMap(({ lane, round }) =>
    Array.from({ length: rounds }, () => round().map(({ kind }) => `${lane} ${kind}`)).flat(),
  )
}

test('a seed gives the same order of faults, round after round', () => {
  assert.deepEqual(order(7, 3), order(7, 3))
  assert.notDeepEqual(order(7, 3), order(8, 3))
})

test('one round of all lanes has every kind', () => {
  const tried = new Set(order(1, 1).map(text => text.split(' ')[1]))
  assert.deepEqual(tried, new Set(allFaults.map(({ kind }) => kind)))
})

test('only the kinds asked for are planned', () => {
  assert.deepEqual(
    new Set(order(1, 2, ['poison', 'redis_kill'])),
    new Set(['stores redis_kill', 'data poison']),
  )
})
