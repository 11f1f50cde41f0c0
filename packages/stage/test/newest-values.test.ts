import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { NewestValues } from '../src/newest-values.ts'

const keys = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
const lengths = fc.oneof(
  fc.nat({ max: 200 }),
  fc.nat({ max: 5000 }),
  fc.constantFrom(0, 63, 64, 65, 32_768, 32_769, 70_000, 1_048_576, 2_000_000),
)
const writes = fc.array(
  fc.record({ key: keys, length: fc.option(lengths, { freq: 5 }), byte: fc.nat({ max: 255 }) }),
  { maxLength: 60 },
)

test('what comes out is the newest value of each key, in the order of the keys', () => {
  fc.assert(
    fc.property(writes, log => {
      const values = new NewestValues()
      const model = new Map<string, Buffer>()
      for (const { key, length, byte } of log) {
        if (length === null) {
          values.delete(key)
          model.delete(key)
          continue
        }
        const value = Buffer.alloc(length, byte)
        values.put(key, value)
        model.set(key, Buffer.from(value))
        // Whoever gave it uses it for something else.
        value.fill(0xee)
      }
      const drained = [...values.drain()].map(([key, value]) => [key, Buffer.from(value)])
      assert.deepEqual(drained, [...model])
      assert.deepEqual([...values.drain()], [])
    }),
    { numRuns: 300 },
  )
})

test('a value written over and over, and places given back, take no more room', () => {
  const values = new NewestValues()
  for (let round = 0; round < 20_000; round++) {
    values.put('steady', Buffer.alloc(1000 + (round % 50)))
    values.put(`passing ${round}`, Buffer.alloc(700))
    values.delete(`passing ${round}`)
  }
  assert.equal([...values.drain()].length, 1)
  assert.equal(values.blocks, 1)
})
