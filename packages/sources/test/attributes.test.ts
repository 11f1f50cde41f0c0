import assert from 'node:assert/strict'
import { test } from 'node:test'

import { platform } from '@fleet/signatures'
import fc from 'fast-check'

import { addAttributes, asRecord, attributesFrom, withoutPaths } from '../src/attributes.ts'
import { canonicalJson } from '../src/canonical-json.ts'
import { attributesOf } from '../src/normalize/envelope-reading.ts'
import { readPath, toPath } from '../src/paths.ts'
import { PlainBody } from '../src/plain-body.ts'
import type { Json, JsonObject } from '../src/strict-json.ts'

const rows: readonly [value: Json, paths: readonly string[], left: Json | undefined][] = [
  [{ a: 1, b: 2 }, ['$.a'], { b: 2 }],
  [{ a: 1 }, ['$.a'], undefined],
  [{ a: { b: 1, c: 2 } }, ['$.a.b'], { a: { c: 2 } }],
  [{ a: { b: 1 }, d: 3 }, ['$.a.b'], { d: 3 }],
  [{ a: [1, 2] }, ['$.a[0]'], { a: [null, 2] }],
  [{ a: [{ b: 1 }], d: 3 }, ['$.a[0].b'], { d: 3 }],
  [{ a: 1 }, ['$.b', '$.a.b', '$.a[0]', '$[0]'], { a: 1 }],
  [{ a: [1] }, ['$.a[5]', '$.a.length'], { a: [1] }],
  [{ a: 1 }, ['$'], undefined],
  [{ a: {} }, [], { a: {} }],
  [[1, 2], ['$[1]'], [1, null]],
]

test('what stands at a path is left out, with the objects that it empties', () => {
  for (const [value, paths, left] of rows) {
    const before = JSON.stringify(value)
    assert.deepEqual(withoutPaths(value, paths), left, `${before} ${paths.join()}`)
    assert.equal(JSON.stringify(value), before)
  }
})

test('each member becomes an attribute of its own, anything else one under the whole name', () => {
  const attributes = new Map<string, string>()
  addAttributes(attributes, { b: { y: 1, x: [1e2] }, a: 'é' }, 'data.', 'data')
  addAttributes(attributes, [null], 'data.', 'data')
  addAttributes(attributes, undefined, '', 'body')
  assert.deepEqual(
    [...attributes],
    [
      ['data.b', '{"x":[100],"y":1}'],
      ['data.a', '"é"'],
      ['data', '[null]'],
    ],
  )
})

test('attributes as an object are those of Object.fromEntries', () => {
  const names = fc.oneof(fc.constantFrom('__proto__', 'constructor', '1', '0'), fc.string())
  fc.assert(
    fc.property(fc.array(fc.tuple(names, fc.string())), entries => {
      const attributes = new Map(entries)
      const record = asRecord(attributes)
      assert.deepEqual(record, Object.fromEntries(attributes))
      assert.deepEqual(Object.keys(record), Object.keys(Object.fromEntries(attributes)))
    }),
  )
})

test('the JSON of attributes is their canonical JSON', () => {
  const values = fc.oneof(fc.jsonValue(), fc.constantFrom('', 'é \u2028', '{"', -0, 1e21))
  fc.assert(
    fc.property(fc.dictionary(fc.string(), values), members => {
      const attributes = new Map<string, string>()
      addAttributes(attributes, members as JsonObject, '', 'body')
      const { record, json } = attributesFrom(attributes)
      assert.equal(json, canonicalJson(record))
    }),
  )
})

const plain = new PlainBody()

test('attributes read member by member are those of a body taken apart', () => {
  const names = fc.constantFrom('a', 'b', 'data', 'c.a', '1', 'meta')
  const values = fc.oneof(
    fc.jsonValue({ maxDepth: 1 }),
    fc.array(fc.tuple(names, fc.jsonValue({ maxDepth: 1 }))).map(list => Object.fromEntries(list)),
  )
  const bodies = fc.array(fc.tuple(names, values), { maxLength: 6 })
  const path = fc.constantFrom('$.a', '$.data', '$.data.a', '$.meta.a', '$.b[0]', '$[0]', '$')
  const data = fc.option(fc.constantFrom('$.data', '$.a'))
  fc.assert(
    fc.property(bodies, fc.array(path), data, (entries, paths, dataPath) => {
      const body = Object.fromEntries(entries) as JsonObject
      // Beside data of another name, or none, `data` is not read member by member.
      fc.pre(dataPath === '$.data' || !Object.hasOwn(body, 'data'))
      // Held is only what stands there.
      const held = paths.filter(each => readPath(body, each) !== undefined)
      const heldNames = ['b']
      const bytes = Buffer.from(JSON.stringify(body))
      fc.pre(plain.read(bytes, dataPath === null ? null : toPath(dataPath).memberName, platform))
      const told = plain.attributesBut(held.map(toPath), heldNames)
      const slow = attributesOf(withoutPaths(body, held), dataPath, heldNames)
      assert.deepEqual(Object.entries(told.record), Object.entries(asRecord(slow)))
    }),
    { numRuns: 2000 },
  )
})
