import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTooDeep } from '../../src/core/json-depth.ts'

const nested = (depth: number): unknown =>
  JSON.parse(
    '{"a":'.repeat(depth / 2) +
      '['.repeat(depth / 2) +
      ']'.repeat(depth / 2) +
      '}'.repeat(depth / 2),
  )

test('64 levels are taken, more are not, however many', () => {
  assert.ok(!isTooDeep('text'))
  assert.ok(!isTooDeep({ a: [1, { b: null }] }))
  assert.ok(!isTooDeep(nested(64)))
  assert.ok(isTooDeep(nested(66)))
  assert.ok(isTooDeep(nested(10_000)))
})
