import assert from 'node:assert/strict'
import { test } from 'node:test'

import { platform } from '@fleet/signatures'
import fc from 'fast-check'

import { attributesFrom } from '../src/attributes.ts'
import { canonicalJson } from '../src/canonical-json.ts'
import { CanonicalWriter } from '../src/canonical-writer.ts'
import { plainAttributes } from '../src/plain-attributes.ts'
import type { Json } from '../src/strict-json.ts'

/** Of a body in which no text needs an escape. */
const plainText = fc
  .string({ unit: 'binary-ascii', maxLength: 40 })
  .map(text => text.replaceAll(/[^ !#-[\]-\u007f]/g, ''))
const numbers = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1, 9, 10, 99, 100, -1, 2_147_483_647, -2_147_483_648, 2_147_483_648, 1e21),
)
const { value: plainValue } = fc.letrec<{ value: Json }>(tie => ({
  value: fc.oneof(
    { maxDepth: 3 },
    plainText,
    numbers,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(plainText, tie('value'), { maxKeys: 6 }),
  ),
}))

function written(value: Json): string | null {
  const writer = new CanonicalWriter()
  if (!writer.value(value)) return null
  return platform.decodeUtf8(writer.bytes.subarray(0, writer.at))
}

test('what is written as bytes is the canonical JSON of any plain value', () => {
  fc.assert(
    fc.property(plainValue, value => {
      assert.equal(written(value), canonicalJson(value))
    }),
    { numRuns: 3000 },
  )
})

test('a text that is long or not ASCII is left to the general way, wherever it stands', () => {
  for (const text of ['é', 'ab\u0100', '\u{1f600}', 'x'.repeat(257)]) {
    assert.equal(written(text), null)
    assert.equal(written({ a: [1, { b: text }] }), null)
  }
  assert.equal(written({ é: 1 }), null)
  assert.equal(written('x'.repeat(256)), `"${'x'.repeat(256)}"`)
})

test('a value larger than any buffer before it is written whole', () => {
  const large = Array.from({ length: 3000 }, (_, index) => ({ b: index, a: `text ${index}` }))
  assert.equal(written(large), canonicalJson(large))
})

test('plain attributes are those of the general way, one call after the other', () => {
  const names = fc.uniqueArray(
    fc.oneof(
      plainText,
      fc.constantFrom('1', '0', 'b', 'a', 'constructor'),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 6 },
  )
  fc.assert(
    fc.property(names, fc.array(plainValue, { minLength: 6, maxLength: 6 }), (all, values) => {
      const mine = all.filter(name => name !== '__proto__')
      const texts = new Map(mine.map((name, index) => [name, canonicalJson(values[index])]))
      const expected = attributesFrom(texts)
      const attributes = plainAttributes(mine, values, platform)
      if (attributes === null) {
        assert.ok(mine.some(name => /[^\0-\x7f]/.test(name)))
        return
      }
      assert.deepEqual(attributes.record, expected.record)
      assert.deepEqual(Object.keys(attributes.record), Object.keys(expected.record))
      assert.equal(attributes.json, expected.json)
    }),
    { numRuns: 3000 },
  )
})
