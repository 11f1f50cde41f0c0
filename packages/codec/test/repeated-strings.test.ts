import assert from 'node:assert/strict'
import { test } from 'node:test'

import avro from 'avsc'
import fc from 'fast-check'

import { decodeGuarded, parseSchema } from '../src/avro-type.ts'

const fields = ['first', 'second'].map(name => ({ name, type: 'string', default: '' }))
const map = { name: 'map', type: { type: 'map', values: 'string' }, default: {} }
const schema = { type: 'record', name: 'Texts', fields: [...fields, map] } as avro.Schema
const plain = avro.Type.forSchema(schema)

/** Few texts, so that they repeat and share places; some too long to be kept, some not ASCII. */
const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'ä', '€', '😀'), maxLength: 4 })
const texts = fc.oneof(letters, fc.constant('c'.repeat(40)), fc.constant('c'.repeat(41)))
const keys = texts.filter(text => text !== '__proto__')
const values = fc.array(
  fc.record({ first: texts, second: texts, map: fc.dictionary(keys, texts, { maxKeys: 3 }) }),
  { minLength: 60, maxLength: 200 },
)

test('whatever repeats, what is read is what avsc reads', () => {
  fc.assert(
    fc.property(values, list => {
      const guarded = parseSchema(JSON.stringify(schema))
      for (const value of list) {
        const bytes = plain.toBuffer(value)
        const read = decodeGuarded(guarded, bytes, 0, undefined) as typeof value
        assert.deepEqual(read, { ...value, map: { ...value.map } })
        // What is kept must be no view of what was read.
        bytes.fill(0x7a)
      }
    }),
    { numRuns: 100 },
  )
})

test('a repeated text is the same when its length is cut off by the end', () => {
  const guarded = parseSchema(JSON.stringify(schema))
  const value = { first: 'tenant', second: 'tenant', map: {} }
  const bytes = plain.toBuffer(value)
  for (let i = 0; i < 40; i++) assert.deepEqual(decodeGuarded(guarded, bytes, 0, undefined), value)
  for (let end = 0; end < bytes.length; end++) {
    const cut = bytes.subarray(0, end)
    assert.throws(() => decodeGuarded(guarded, cut, 0, undefined), `${end} bytes`)
  }
})
