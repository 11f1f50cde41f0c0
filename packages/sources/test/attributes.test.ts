import assert from 'node:assert/strict'
import { test } from 'node:test'

import { addAttributes, withoutPaths } from '../src/attributes.ts'
import type { Json } from '../src/strict-json.ts'

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
