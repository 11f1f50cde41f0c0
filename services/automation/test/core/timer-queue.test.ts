import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { TimerQueue } from '../../src/core/timer-queue.ts'
import type { TimerEntry } from '../../src/core/timer-queue.ts'

const entries = fc.array(
  fc.record({ at: fc.integer({ min: 0, max: 20 }), key: fc.constantFrom('a', 'b', 'c', 'd') }),
)

function sorted(list: readonly TimerEntry[]): string[] {
  const words = new Set(list.map(({ at, key }) => `${String(at).padStart(2, '0')} ${key}`))
  return [...words].toSorted()
}

test('what is due comes by time, then by key, each once, however it was added', () => {
  fc.assert(
    fc.property(entries, fc.integer({ min: 0, max: 20 }), (list, at) => {
      const queue = new TimerQueue()
      for (const entry of list) queue.add(entry)
      const due = queue.due(at, 1000, () => true)
      assert.deepEqual(
        due.map(entry => `${String(entry.at).padStart(2, '0')} ${entry.key}`),
        sorted(list.filter(entry => entry.at <= at)),
      )
      // Asking takes nothing away.
      assert.deepEqual(
        queue.due(at, 1000, () => true),
        due,
      )
    }),
  )
})

test('the count is bounded and what is no longer true is not told', () => {
  const queue = new TimerQueue()
  for (const at of [5, 3, 9, 1, 7]) queue.add({ at, key: 'k' })
  const isTrue = ({ at }: TimerEntry): boolean => at !== 3
  assert.deepEqual(
    queue.due(10, 3, isTrue).map(({ at }) => at),
    [1, 5, 7],
  )
  assert.equal(queue.size, 4)
})
