import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BucketTable, take } from '../../src/core/token-bucket.ts'

test('a new bucket holds twice the rate, then fills at the rate', () => {
  let bucket = undefined as Parameters<typeof take>[0]
  const ask = (nowMs: number) => {
    const result = take(bucket, 2, nowMs)
    bucket = result.bucket
    return result.taken
  }
  assert.deepEqual(
    [1, 2, 3, 4].map(() => ask(0).allowed),
    [true, true, true, true],
  )
  assert.deepEqual(ask(0), { allowed: false, retryAfterSeconds: 1 })
  assert.deepEqual(ask(499), { allowed: false, retryAfterSeconds: 1 })
  assert.equal(ask(500).allowed, true)
  assert.equal(ask(500).allowed, false)
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => ask(60_000).allowed),
    [true, true, true, true, false],
  )
})

test('in any span no more pass than the burst and the rate allow', () => {
  const gaps = fc.array(fc.nat(400), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 50 }), (gapsMs, perSecond) => {
      let nowMs = 0
      let passed = 0
      let bucket = undefined as Parameters<typeof take>[0]
      for (const gapMs of gapsMs) {
        nowMs += gapMs
        const result = take(bucket, perSecond, nowMs)
        bucket = result.bucket
        if (result.taken.allowed) passed += 1
      }
      return passed <= 2 * perSecond + (nowMs / 1000) * perSecond + 1e-6
    }),
  )
})

test('a table keeps the keys used last', () => {
  const table = new BucketTable(2)
  const ask = (key: string): boolean => table.take(key, 1, 0).allowed
  assert.deepEqual([ask('a'), ask('a'), ask('a')], [true, true, false])
  ask('b')
  assert.equal(ask('a'), false)
  // The third key pushes b out, not a, which was used after it.
  ask('c')
  assert.equal(ask('a'), false)
  assert.equal(table.size, 2)
})
