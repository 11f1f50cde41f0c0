// Properties of the batch size: it settles where transactions take about the target, whatever a
// record costs, never starves behind slow commits, and stays within its bounds.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { BatchSize } from '../src/batch-size.ts'

/** What full transactions lead to, when a commit costs `commitMs` and a record `recordMs`. */
function settled(targetMs: number, commitMs: number, recordMs: number): BatchSize {
  const size = new BatchSize(targetMs)
  for (let transaction = 0; transaction < 200; transaction++) {
    size.observe(size.records, size.records * recordMs, commitMs)
  }
  return size
}

const costs = fc.record({
  target: fc.integer({ min: 50, max: 1000 }),
  commit: fc.double({ min: 0, max: 5000, noNaN: true }),
  record: fc.double({ min: 0.01, max: 2, noNaN: true }),
})

test('full transactions settle at the target; behind slow commits deciding keeps a quarter of it', () => {
  fc.assert(
    fc.property(costs, ({ target, commit, record }) => {
      const { records } = settled(target, commit, record)
      const budget = Math.max(target - commit, target / 4)
      const wanted = Math.min(5000, Math.max(16, budget / record))
      assert.ok(Math.abs(records - wanted) <= 1 + wanted * 0.02, `${records}, not ${wanted}`)
    }),
  )
})

test('dearer records make smaller transactions, cheaper ones larger', () => {
  fc.assert(
    fc.property(costs, ({ target, commit, record }) => {
      const { records } = settled(target, commit, record)
      assert.ok(settled(target, commit, record * 2).records <= records)
      assert.ok(settled(target, commit, record / 2).records >= records)
    }),
  )
})

test('transactions of an idle stage change nothing, slow or fast', () => {
  const size = new BatchSize(100)
  const before = size.records
  for (const commitMs of [1, 5, 400, 30_000]) size.observe(3, 1, commitMs)
  assert.equal(size.records, before)
})

test('one slow commit leaves at least a quarter of the size', () => {
  const size = settled(100, 5, 0.1)
  const before = size.records
  size.observe(before, before * 0.1, 20_000)
  assert.ok(size.records >= before / 4)
})
