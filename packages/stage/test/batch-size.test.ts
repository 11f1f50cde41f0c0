// Properties of the batch size: it settles where transactions take about the target, whatever a
// record costs, and stays within its bounds.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { BatchSize } from '../src/batch-size.ts'

/** What `transactions` full transactions lead to, when they cost `fixedMs` and `perRecordMs` each. */
function settled(targetMs: number, fixedMs: number, perRecordMs: number): BatchSize {
  const size = new BatchSize(targetMs)
  for (let transaction = 0; transaction < 200; transaction++) {
    size.observe(size.records, fixedMs + size.records * perRecordMs)
  }
  return size
}

test('full transactions settle between three quarters of the target and the target', () => {
  const costs = fc.record({
    target: fc.integer({ min: 50, max: 1000 }),
    fixed: fc.double({ min: 0, max: 20, noNaN: true }),
    perRecord: fc.double({ min: 0.05, max: 0.8, noNaN: true }),
  })
  fc.assert(
    fc.property(costs, ({ target, fixed, perRecord }) => {
      const { records } = settled(target, fixed, perRecord)
      const elapsed = fixed + records * perRecord
      assert.ok(elapsed <= target + perRecord || records === 16, `${records}: ${elapsed} ms`)
      assert.ok(elapsed >= target * 0.7 || records === 5000, `${records}: ${elapsed} ms`)
    }),
  )
})

test('cheap records fill transactions up to the most, dear ones leave the least', () => {
  assert.equal(settled(100, 1, 0.001).records, 5000)
  assert.equal(settled(100, 1, 50).records, 16)
})

test('transactions of an idle stage change nothing, slow or fast', () => {
  const size = new BatchSize(100)
  const before = size.records
  for (const elapsedMs of [1, 5, 400, 30_000]) size.observe(3, elapsedMs)
  assert.equal(size.records, before)
})

test('one slow commit halves the size at most', () => {
  const size = new BatchSize(100)
  const before = size.records
  size.observe(before, 20_000)
  assert.equal(size.records, Math.round(before / 2))
})
