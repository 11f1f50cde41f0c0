import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { isPath, readPath } from '../src/paths.ts'
import type { Json } from '../src/strict-json.ts'

const body: Json = {
  a: { b: [10, { c: 'deep' }], 'with-dash': 1, ü: 2, 'x_1@$': 3 },
  list: [[1, 2], []],
  nothing: null,
}

const found: readonly [string, Json | undefined][] = [
  ['$', body],
  ['$.a.b[0]', 10],
  ['$.a.b[1].c', 'deep'],
  ['$.a.with-dash', 1],
  ['$.a.ü', 2],
  ['$.a.x_1@$', 3],
  ['$.list[0][1]', 2],
  ['$.nothing', null],
  ['$.nothing.more', undefined],
  ['$.a.b[2]', undefined],
  ['$.a.b[00]', undefined],
  ['$.a.b.length', undefined],
  ['$.a.b.0', undefined],
  ['$.a[0]', undefined],
  ['$.toString', undefined],
  ['$.a.__proto__', undefined],
  ['$.missing', undefined],
]
for (const [path, expected] of found) {
  test(`the path ${path} leads to ${JSON.stringify(expected)?.slice(0, 20)}`, () => {
    assert.equal(isPath(path), true)
    assert.deepEqual(readPath(body, path), expected)
  })
}

for (const text of [
  '',
  'a',
  '$a',
  '$.',
  '$..a',
  '$.a.',
  '$.*',
  '$.a[*]',
  '$.a[-1]',
  '$.a[0',
  "$['a']",
  '$.a[?(@.b)]',
  '$.a b',
  '$.a\n',
  '$' + '.a'.repeat(17),
]) {
  test(`${JSON.stringify(text)} is no path`, () => {
    assert.equal(isPath(text), false)
  })
}

test('a path to any own member of any document finds it', () => {
  const name = fc.stringMatching(/^[a-z_]{1,5}$/)
  fc.assert(
    fc.property(name, fc.nat(5), name, fc.jsonValue(), (first, position, second, value) => {
      const list = Array.from({ length: position + 1 }, () => ({ [second]: value }) as Json)
      const path = `$.${first}[${position}].${second}`
      assert.deepEqual(readPath({ [first]: list }, path), value)
    }),
  )
})

test('reading never throws, whatever the path', () => {
  fc.assert(
    fc.property(fc.string(), fc.jsonValue(), (path, value) => {
      readPath(value as Json, `$${path}`)
    }),
  )
})
