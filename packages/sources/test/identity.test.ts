import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { parseId } from '../src/identity.ts'
import type { Json } from '../src/strict-json.ts'

const cases: readonly [string, Json | undefined, string | null][] = [
  ['a text is an id as it stands', ' R-1/ü ', ' R-1/ü '],
  ['a safe integer is its decimal text', 42, '42'],
  ['a negative integer too', -7, '-7'],
  ['minus zero is zero', -0, '0'],
  ['the greatest safe integer', 9007199254740991, '9007199254740991'],
  ['an integer that has lost digits is none', 9007199254740992, null],
  ['a fraction is none', 1.5, null],
  ['a huge number is none', 1e300, null],
  ['an empty text is none', '', null],
  ['true is none', true, null],
  ['null is none', null, null],
  ['nothing is none', undefined, null],
  ['a list is none', ['a'], null],
  ['an object is none', { id: 'a' }, null],
  ['a line break is a control character', 'a\nb', null],
  ['NUL is a control character', 'a\0', null],
  ['DEL is a control character', 'a\x7f', null],
  ['so are those beyond ASCII', 'a\x85', null],
  ['a lone high surrogate is none', 'a\ud800', null],
  ['a lone low surrogate is none', '\udc00b', null],
  ['a surrogate pair is a character', '\u{1F697}', '\u{1F697}'],
  ['256 bytes fit', 'x'.repeat(256), 'x'.repeat(256)],
  ['257 bytes do not', 'x'.repeat(257), null],
  ['128 letters of two bytes fit', 'ü'.repeat(128), 'ü'.repeat(128)],
  ['129 letters of two bytes do not', 'ü'.repeat(129), null],
  ['64 characters of four bytes fit', '\u{1F697}'.repeat(64), '\u{1F697}'.repeat(64)],
  ['65 characters of four bytes do not', '\u{1F697}'.repeat(65), null],
]
for (const [rule, value, expected] of cases) {
  test(rule, () => {
    assert.equal(parseId(value), expected)
  })
}

test('an accepted id is never longer than 256 bytes, and none that fits is refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), text => {
      const fits = text !== '' && Buffer.byteLength(text) <= 256 && !/[\p{Cc}\p{Cs}]/u.test(text)
      assert.equal(parseId(text), fits ? text : null)
    }),
  )
})
