import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { ExpiryQueue } from '../../src/state/expiry-queue.ts'

test('it names what is before the floor, oldest first, ties by key', () => {
  const step = fc.record({
    key: fc.nat(15).map(n => `key ${n}`),
    newestAt: fc.option(fc.nat(20)),
    floor: fc.nat(22),
    max: fc.nat(6),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), steps => {
      const queue = new ExpiryQueue()
      const naive = new Map<string, number>()
      for (const { key, newestAt, floor, max } of steps) {
        if (newestAt === null) {
          queue.delete(key)
          naive.delete(key)
        } else {
          queue.set(key, newestAt)
          naive.set(key, newestAt)
        }
        const expected = [...naive]
          .filter(([, at]) => at < floor)
          .toSorted(([a, atA], [b, atB]) => atA - atB || (a < b ? -1 : 1))
          .slice(0, max)
          .map(([name]) => name)
        assert.deepEqual(queue.before(floor, max), expected)
      }
    }),
  )
})
