import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import fc from 'fast-check'

import { equalBytes, hmac, platform, sha256, sha256Hex, textSha256Hex } from '../src/index.ts'

// RFC 4231, test case 2, and RFC 2202 for SHA-1.
const jefe = Buffer.from('Jefe')
const question = Buffer.from('what do ya want for nothing?')

test('HMAC gives the values of RFC 4231 and RFC 2202', () => {
  assert.equal(
    hmac('sha256', jefe, question).toString('hex'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  )
  assert.equal(
    hmac('sha1', jefe, question).toString('hex'),
    'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
  )
})

test('HMAC over parts is HMAC over their concatenation', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.array(fc.uint8Array()), (key, parts) => {
      assert.deepEqual(hmac('sha256', key, ...parts), hmac('sha256', key, Buffer.concat(parts)))
    }),
  )
})

test('SHA-256 gives the value of FIPS 180-4 for "abc"', () => {
  assert.equal(
    sha256Hex(Buffer.from('abc')),
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
})

test('bytes are equal only when they are the same in number and value', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (left, right) => {
      assert.equal(equalBytes(left, right), Buffer.compare(left, right) === 0)
      assert.equal(equalBytes(left, Uint8Array.from(left)), true)
    }),
  )
})

const utf8Cases: readonly [string, readonly number[], string | null][] = [
  ['a leading byte order mark is skipped', [0xef, 0xbb, 0xbf, 0x7b, 0x7d], '{}'],
  ['an invalid byte is not UTF-8', [0x7b, 0xff, 0x7d], null],
  ['an overlong form is not UTF-8', [0xc0, 0xaf], null],
  ['an encoded surrogate is not UTF-8', [0xed, 0xa0, 0x80], null],
  ['a cut-off sequence is not UTF-8', [0xe2, 0x82], null],
  ['NUL is a character like any other', [0x61, 0x00], 'a\0'],
]
for (const [rule, bytes, text] of utf8Cases) {
  test(rule, () => {
    assert.equal(platform.decodeUtf8(Uint8Array.from(bytes)), text)
    // A refusal leaves nothing behind for the next body.
    assert.equal(platform.decodeUtf8(Buffer.from('ok')), 'ok')
  })
}

test('a digest is that of a hash object, of bytes and of the UTF-8 of a text', () => {
  const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', 'a\udc00b', ''))
  fc.assert(
    fc.property(anyText, text => {
      const bytes = Buffer.from(text)
      const expected = createHash('sha256').update(bytes).digest()
      assert.deepEqual(sha256(bytes), expected)
      assert.equal(sha256Hex(bytes), expected.toString('hex'))
      assert.equal(textSha256Hex(text), expected.toString('hex'))
    }),
  )
})
