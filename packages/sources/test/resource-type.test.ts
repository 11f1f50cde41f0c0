import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { normalizeResourceType } from '../src/resource-type.ts'

const cases: readonly [string, string | null][] = [
  ['reservation', 'reservation'],
  ['booking', 'reservation'],
  ['Booking', 'reservation'],
  ['BOOKING', 'reservation'],
  ['rental', 'rental_session'],
  ['session', 'rental_session'],
  ['payment', 'charge'],
  ['car', 'vehicle'],
  ['rentalSession', 'rental_session'],
  ['RentalSession', 'rental_session'],
  ['rental-session', 'rental_session'],
  ['rental session', 'rental_session'],
  ['Rental - Session', 'rental_session'],
  ['RENTAL_SESSION', 'rental_session'],
  [' car ', 'vehicle'],
  ['HTTPServer', 'http_server'],
  ['zone2Gate', 'zone2_gate'],
  ['garage', 'garage'],
  ['fleet.zone', 'fleet.zone'],
  ['cars', 'cars'],
  ['x'.repeat(64), 'x'.repeat(64)],
  ['x'.repeat(65), null],
  ['x'.repeat(1_000_000), null],
  ['', null],
  [' - ', null],
  ['a\tb', null],
  ['a\ud800', null],
]
for (const [text, expected] of cases) {
  test(`resource type ${JSON.stringify(text.slice(0, 70))} is ${expected}`, () => {
    assert.equal(normalizeResourceType(text), expected)
  })
}

test('a normalized type stays itself', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'B', '2', ' ', '-', '_', '.', 'é') }),
      text => {
        const once = normalizeResourceType(text)
        if (once !== null) assert.equal(normalizeResourceType(once), once)
      },
    ),
  )
})
