import assert from 'node:assert/strict'
import { test } from 'node:test'

import { platform } from '@fleet/signatures'
import fc from 'fast-check'

import { attributesFrom } from '../src/attributes.ts'
import { canonicalJson } from '../src/canonical-json.ts'
import { CanonicalWriter } from '../src/canonical-writer.ts'
import { PlainAttributes } from '../src/plain-attributes.ts'
import type { Json } from '../src/strict-json.ts'
import { plainText, plainValue } from './plain-texts.ts'

function written(value: Json): string | null {
  const writer = new CanonicalWriter()
  writer.value(value)
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

test('a value larger than any buffer before it is written whole', () => {
  const large = Array.from({ length: 3000 }, (_, index) => ({ b: index, a: `text ${index}` }))
  assert.equal(written(large), canonicalJson(large))
})

test('plain attributes are those of the general way, one call after the other', () => {
  const names = fc.uniqueArray(
    fc.oneof(plainText, fc.constantFrom('1', '0', 'b', 'a', 'constructor')),
    { maxLength: 6 },
  )
  const plain = new PlainAttributes()
  fc.assert(
    fc.property(names, fc.array(plainValue, { minLength: 6, maxLength: 6 }), (all, values) => {
      const mine = all.filter(name => name !== '__proto__')
      const texts = new Map(mine.map((name, index) => [name, canonicalJson(values[index])]))
      const expected = attributesFrom(texts)
      plain.start(0)
      for (const [index, name] of mine.entries()) plain.addValue(name, values[index] as Json)
      const attributes = plain.end(platform)
      assert.deepEqual(attributes.record, expected.record)
      assert.deepEqual(Object.keys(attributes.record), Object.keys(expected.record))
      assert.equal(attributes.json, expected.json)
      assert.deepEqual(Buffer.from(attributes.jsonBytes ?? []), Buffer.from(expected.json))
    }),
    { numRuns: 3000 },
  )
})
