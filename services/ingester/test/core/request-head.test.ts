import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { announcedBytes, headersOf, isAcceptable, valuesOf } from '../../src/core/request-head.ts'
import type { RequestHead } from '../../src/core/request-head.ts'

const fine: RequestHead = {
  httpVersion: '1.1',
  rawHeaders: ['Host', 'a'],
  hosts: ['a'],
  transferEncodings: [],
}

const cases: [string, Partial<RequestHead>, boolean][] = [
  ['a plain request', {}, true],
  ['chunked', { transferEncodings: ['chunked'] }, true],
  ['Chunked in any case', { transferEncodings: ['Chunked'] }, true],
  ['a coding before chunked', { transferEncodings: ['gzip, chunked'] }, false],
  ['identity', { transferEncodings: ['identity'] }, false],
  ['an empty coding', { transferEncodings: [''] }, false],
  ['two headers', { transferEncodings: ['identity', 'chunked'] }, false],
  ['HTTP/1.0', { httpVersion: '1.0', hosts: [] }, true],
  ['HTTP/1.0 with chunks', { httpVersion: '1.0', transferEncodings: ['chunked'] }, false],
  ['no version', { httpVersion: '0.9' }, false],
  ['no Host', { hosts: [] }, false],
  ['two Hosts', { hosts: ['a', 'a'] }, false],
  ['as many headers as allowed', { rawHeaders: Array<string>(20).fill('x') }, true],
  ['one header more', { rawHeaders: Array<string>(22).fill('x') }, false],
]
for (const [name, head, expected] of cases) {
  test(`${name}: ${expected ? 'taken' : 'refused'}`, () => {
    assert.equal(isAcceptable({ ...fine, ...head }, 10), expected)
  })
}

const names = fc.constantFrom('Host', 'host', 'X-A', 'x-b', '__proto__', 'constructor', 'toString')
const lines = fc.array(fc.tuple(names, fc.string({ maxLength: 4 })), { maxLength: 12 })

test('every value of a header is found under its name in lower case, in the order they came', () => {
  fc.assert(
    fc.property(lines, pairs => {
      const headers = headersOf(pairs.flat())
      const expected = new Map<string, string[]>()
      for (const [name, value] of pairs) {
        const known = expected.get(name.toLowerCase()) ?? []
        expected.set(name.toLowerCase(), [...known, value])
      }
      assert.deepEqual(Object.keys(headers).toSorted(), [...expected.keys()].toSorted())
      for (const [name, values] of expected) assert.deepEqual(valuesOf(headers, name), values)
    }),
  )
})

test('what was not sent is not there, whatever objects inherit', () => {
  const headers = headersOf([])
  for (const name of ['__proto__', 'constructor', 'host']) {
    assert.deepEqual(valuesOf(headers, name), [])
    assert.equal(headers[name], undefined)
  }
})

test('a request that announces no length announces nothing', () => {
  assert.equal(announcedBytes(headersOf(['Transfer-Encoding', 'chunked'])), 0)
  assert.equal(announcedBytes(headersOf(['Content-Length', '911'])), 911)
})
