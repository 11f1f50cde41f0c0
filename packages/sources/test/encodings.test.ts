import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import {
  decodeBase64,
  decodeBase64Url,
  decodeHex,
  encodeBase64,
  encodeBase64Url,
  encodeHex,
  headerBytes,
} from '../src/encodings.ts'

test('hex and base64 are those of the platform, both ways', () => {
  fc.assert(
    fc.property(fc.uint8Array(), bytes => {
      const buffer = Buffer.from(bytes)
      assert.equal(encodeHex(bytes), buffer.toString('hex'))
      assert.equal(encodeBase64(bytes), buffer.toString('base64'))
      assert.deepEqual(decodeHex(encodeHex(bytes)), bytes)
      assert.deepEqual(decodeHex(encodeHex(bytes).toUpperCase()), bytes)
      assert.deepEqual(decodeBase64(encodeBase64(bytes)), bytes)
      assert.deepEqual(decodeBase64(buffer.toString('base64').replace(/=+$/, '')), bytes)
      assert.equal(encodeBase64Url(bytes), buffer.toString('base64url'))
      assert.deepEqual(decodeBase64Url(encodeBase64Url(bytes)), bytes)
    }),
  )
})

// RFC 4648 §10.
for (const [text, encoded] of [
  ['', ''],
  ['f', 'Zg=='],
  ['fo', 'Zm8='],
  ['foo', 'Zm9v'],
  ['foob', 'Zm9vYg=='],
] as const) {
  test(`base64 of "${text}" is "${encoded}"`, () => {
    assert.equal(encodeBase64(Buffer.from(text)), encoded)
  })
}

for (const text of ['a', 'abc', '0g', ' 00', '0x00', '٠٠']) {
  test(`"${text}" is not hex`, () => {
    assert.equal(decodeHex(text), null)
  })
}

for (const text of ['A', 'AAAAA', 'AA-_', 'AA AA', 'AA=A', '====', 'AAAA\n']) {
  test(`${JSON.stringify(text)} is not base64`, () => {
    assert.equal(decodeBase64(text), null)
  })
}

for (const text of ['A', 'AA+/', 'AA-_A', 'AA A', 'AAAA\n']) {
  test(`${JSON.stringify(text)} is not base64url`, () => {
    assert.equal(decodeBase64Url(text), null)
  })
}

test('a header is its Latin-1 bytes, and a text beyond that is none', () => {
  assert.deepEqual(headerBytes('aÿ'), Uint8Array.of(0x61, 0xff))
  assert.equal(headerBytes('€'), null)
})
