import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAcceptable } from '../../src/core/request-head.ts'
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
