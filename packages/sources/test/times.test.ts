import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { eventTimeMicrosMax, eventTimeMicrosMin, isEventTime, parseTime } from '../src/times.ts'

const noon = 1_763_726_400_000_000 // 2025-11-21T12:00:00Z

const readable: readonly [value: unknown, micros: number][] = [
  ['2025-11-21T12:00:00Z', noon],
  ['2025-11-21t12:00:00z', noon],
  ['2025-11-21T12:00:00.1Z', noon + 100_000],
  ['2025-11-21T12:00:00.123456Z', noon + 123_456],
  ['2025-11-21T12:00:00.123456999999Z', noon + 123_456],
  ['2025-11-21T14:00:00+02:00', noon],
  ['2025-11-21T06:30:00-05:30', noon],
  ['2025-11-21T12:00:00-00:00', noon],
  ['2025-11-22T11:59:00+23:59', noon],
  // A leap second, and a second 60 where there was none: the last microsecond of the minute.
  ['2016-12-31T23:59:60Z', 1_483_228_799_999_999],
  ['2016-12-31T23:59:60.5Z', 1_483_228_799_999_999],
  ['2025-11-21T11:59:60Z', noon - 1],
  ['2024-02-29T00:00:00Z', 1_709_164_800_000_000],
  ['2000-02-29T00:00:00Z', 951_782_400_000_000],
  ['1970-01-01T00:00:00Z', 0],
  [1_763_726_400, noon],
  ['1763726400', noon],
  [1_763_726_400_123, noon + 123_000],
  ['1763726400123', noon + 123_000],
  // The border between seconds and milliseconds.
  [5_000_000_000, 5_000_000_000_000_000],
  [100_000_000_000, 100_000_000_000_000],
  ['100000000000', 100_000_000_000_000],
  [0, 0],
  ['-1', -1_000_000],
]

test('RFC 3339 with a zone and epoch seconds or milliseconds are read to the microsecond', () => {
  for (const [value, micros] of readable) assert.equal(parseTime(value), micros, String(value))
})

const unreadable: readonly unknown[] = [
  '2025-11-21T12:00:00',
  '2025-11-21 12:00:00Z',
  '2025-11-21',
  '2025-11-21T12:00Z',
  '2025-11-21T12:00:00.Z',
  '2025-11-21T12:00:00,5Z',
  '2025-11-21T12:00:00+0200',
  '2025-11-21T12:00:00+02',
  '2025-11-21T12:00:00+24:00',
  '2025-11-21T12:00:00+02:60',
  '2025-02-29T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2025-04-31T00:00:00Z',
  '2025-00-01T00:00:00Z',
  '2025-13-01T00:00:00Z',
  '2025-01-00T00:00:00Z',
  '2025-11-21T24:00:00Z',
  '2025-11-21T12:60:00Z',
  '2025-11-21T12:00:61Z',
  ' 2025-11-21T12:00:00Z',
  '2025-11-21T12:00:00Z\n',
  '9999-12-31T23:59:59Z',
  '',
  'now',
  '1763726400.5',
  '1.7e9',
  '+1763726400',
  1_763_726_400.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1e17,
  // The last second before milliseconds begin is the year 5138.
  99_999_999_999,
  null,
  undefined,
  true,
  {},
  ['2025-11-21T12:00:00Z'],
]

test('a time without zone, an impossible one and one beyond exact integers are refused', () => {
  for (const value of unreadable) assert.equal(parseTime(value), null, String(value))
})

test('any moment is read back from its text, and the same in any zone', () => {
  const moments = fc.date({
    min: new Date('1700-01-01T00:00:00Z'),
    max: new Date('2200-01-01T00:00:00Z'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(moments, fc.integer({ min: -1439, max: 1439 }), (moment, offsetMinutes) => {
      const micros = moment.getTime() * 1000
      assert.equal(parseTime(moment.toISOString()), micros)
      const local = new Date(moment.getTime() + offsetMinutes * 60_000).toISOString().slice(0, -1)
      const ahead = Math.abs(offsetMinutes)
      const hours = String(Math.floor(ahead / 60)).padStart(2, '0')
      const zone = `${offsetMinutes < 0 ? '-' : '+'}${hours}:${String(ahead % 60).padStart(2, '0')}`
      assert.equal(parseTime(local + zone), micros)
    }),
  )
})

test('any text gives a safe integer or null', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.integer(), fc.double()), value => {
      const micros = parseTime(value)
      assert.ok(micros === null || Number.isSafeInteger(micros))
    }),
  )
})

test('an event may have happened in the years 2000 to 2100', () => {
  assert.equal(parseTime('2000-01-01T00:00:00Z'), eventTimeMicrosMin)
  assert.equal(parseTime('2100-12-31T23:59:59.999999Z'), eventTimeMicrosMax)
  assert.ok(isEventTime(eventTimeMicrosMin) && isEventTime(eventTimeMicrosMax))
  assert.ok(!isEventTime(eventTimeMicrosMin - 1) && !isEventTime(eventTimeMicrosMax + 1))
})

test('the usual form gives what the platform reads, and null where the platform refuses', () => {
  const two = fc.integer({ min: 0, max: 99 }).map(number => String(number).padStart(2, '0'))
  const year = fc.integer({ min: 1900, max: 2200 })
  fc.assert(
    fc.property(year, two, two, two, two, two, fc.nat(999), (...parts) => {
      const [y, month, day, hour, minute, second, milli] = parts
      const date = `${y}-${month}-${day}`
      const text = `${date}T${hour}:${minute}:${second}.${String(milli).padStart(3, '0')}Z`
      const ms = Date.parse(text)
      // The platform takes 24:00 and the 30th of February, and no second 60.
      const isDay = !Number.isNaN(ms) && new Date(ms).toISOString() === text
      fc.pre(second !== '60')
      assert.equal(parseTime(text), isDay ? ms * 1000 : null, text)
    }),
    { numRuns: 5000 },
  )
})
