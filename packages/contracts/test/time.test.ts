import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  formatMicros,
  microsPerDay,
  microsPerHour,
  microsText,
  monthOfMicros,
} from '../src/index.ts'

const times: [micros: number, text: string, month: string][] = [
  [0, '1970-01-01T00:00:00.000000Z', '1970-01'],
  [1, '1970-01-01T00:00:00.000001Z', '1970-01'],
  [999, '1970-01-01T00:00:00.000999Z', '1970-01'],
  [-1, '1969-12-31T23:59:59.999999Z', '1969-12'],
  [1_763_713_800_123_456, '2025-11-21T08:30:00.123456Z', '2025-11'],
  [951_782_400_000_000, '2000-02-29T00:00:00.000000Z', '2000-02'],
  [4_102_444_799_999_999, '2099-12-31T23:59:59.999999Z', '2099-12'],
]

for (const [micros, text, month] of times) {
  test(`${micros} microseconds are ${text}`, () => {
    assert.equal(formatMicros(micros), text)
    assert.equal(monthOfMicros(micros), month)
  })
}

test('every time between 2000 and 2100 keeps its microseconds', () => {
  const range = { min: 946_684_800_000_000, max: 4_102_444_799_999_999 }
  fc.assert(
    fc.property(fc.integer(range), micros => {
      const text = formatMicros(micros)
      assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
      assert.equal(Date.parse(text) * 1000 + Number(text.slice(23, 26)), micros)
    }),
  )
})

test('a day has 24 hours', () => assert.equal(microsPerDay, 24 * microsPerHour))

test('any moment is the text that the platform gives, with three digits more', () => {
  // Near one another, so that the date of one serves the next.
  const moments = fc.tuple(
    fc.integer({ min: -2_000_000_000, max: 7_000_000_000 }),
    fc.integer({ min: -200_000_000_000, max: 200_000_000_000 }),
  )
  fc.assert(
    fc.property(moments, fc.nat(999), ([seconds, nearMicros], rest) => {
      for (const micros of [seconds * 1_000_000, seconds * 1_000_000 + nearMicros]) {
        const millis = Math.floor(micros / 1000)
        const text = new Date(millis).toISOString().slice(0, -1)
        const digits = String(rest).padStart(3, '0')
        assert.equal(formatMicros(millis * 1000 + rest), `${text}${digits}Z`)
      }
    }),
  )
})

test('a number is the text that it always is, whatever came before it', () => {
  const near = fc.integer({ min: 1_763_713_800_000_000, max: 1_763_713_800_000_000 + 3_000_000 })
  const any = fc.oneof(
    near,
    fc.maxSafeInteger(),
    fc.integer({ min: -5, max: 2_000_000 }),
    fc.double(),
  )
  fc.assert(
    fc.property(fc.array(any, { maxLength: 20 }), numbers => {
      for (const number of numbers) assert.equal(microsText(number), String(number))
    }),
    { numRuns: 5000 },
  )
})
