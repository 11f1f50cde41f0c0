import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { ExpiryQueue, notQueued } from '../../src/state/expiry-queue.ts'
import type { Expiring } from '../../src/state/expiry-queue.ts'

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
      const entries = new Map<string, Expiring>()
      for (const { key, newestAt, floor, max } of steps) {
        const entry = entries.get(key) ?? { key, newestAt: 0, bound: 0, place: notQueued }
        entries.set(key, entry)
        if (newestAt === null) {
          queue.delete(entry)
          naive.delete(key)
        } else {
          queue.set(entry, newestAt)
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
