import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { orderByDay } from '../src/order-by-day.ts'

test('entries come in the order of their days, those of one day as they stood; nothing is lost', () => {
  const days = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(-Infinity)))
  fc.assert(
    fc.property(days, values => {
      const map = new Map(values.map((day, place) => [`k${place}`, { day, place }]))
      const expected = [...map.values()].toSorted(
        (one, other) => Math.sign(one.day - other.day) || one.place - other.place,
      )
      orderByDay(map, ({ day }) => day)
      assert.deepEqual(
        [...map].map(([key, value]) => [key, value]),
        expected.map(value => [`k${value.place}`, value]),
      )
    }),
  )
})
