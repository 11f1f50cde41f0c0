import assert from 'node:assert/strict'
import { test } from 'node:test'
import { etagOf, readConditions } from '../../src/core/conditions.ts'

const none = { ifMatch: null, ifNoneMatch: false }

const cases: [string | undefined, string | undefined, ReturnType<typeof readConditions>][] = [
  [undefined, undefined, none],
  ['*', undefined, { ...none, ifMatch: 'any' }],
  ['"7"', undefined, { ...none, ifMatch: [7] }],
  ['"7" , "8"', undefined, { ...none, ifMatch: [7, 8] }],
  ['W/"7"', undefined, { ...none, ifMatch: [] }],
  ['W/"7", "8"', undefined, { ...none, ifMatch: [8] }],
  [undefined, '*', { ...none, ifNoneMatch: true }],
  ['7', undefined, null],
  ['"7', undefined, null],
  ['"x"', undefined, null],
  ['', undefined, null],
  ['"1234567890123456"', undefined, null],
  [Array.from({ length: 17 }, () => '"1"').join(), undefined, null],
  [undefined, '"7"', null],
]
for (const [ifMatch, ifNoneMatch, expected] of cases) {
  test(`If-Match ${ifMatch?.slice(0, 20)}, If-None-Match ${ifNoneMatch}`, () => {
    assert.deepEqual(readConditions(ifMatch, ifNoneMatch), expected)
  })
}

test('an ETag that was given is understood', () => {
  assert.deepEqual(readConditions(etagOf(41), undefined)?.ifMatch, [41])
})
