import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import fc from 'fast-check'

import { equalBytes, hmac, platform, sha256, sha256Hex, textSha256Hex } from '../src/index.ts'

const bytesOf = (byte: number, count: number): Buffer => Buffer.alloc(count, byte)
const largeKey = 'Test Using Larger Than Block-Size Key - Hash Key First'
const largeBoth =
  'This is a test using a larger than block-size key and a larger than block-size data. The key ' +
  'needs to be hashed before being used by the HMAC algorithm.'

// RFC 4231 §4 without case 5, which is about cut-off output.
const sha256Vectors: readonly [number, Buffer, Buffer, string][] = [
  [
    1,
    bytesOf(0x0b, 20),
    Buffer.from('Hi There'),
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  ],
  [
    2,
    Buffer.from('Jefe'),
    Buffer.from('what do ya want for nothing?'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  [
    3,
    bytesOf(0xaa, 20),
    bytesOf(0xdd, 50),
    '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
  ],
  [
    4,
    Buffer.from(Array.from({ length: 25 }, (_, i) => i + 1)),
    bytesOf(0xcd, 50),
    '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
  ],
  [
    6,
    bytesOf(0xaa, 131),
    Buffer.from(largeKey),
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
  [
    7,
    bytesOf(0xaa, 131),
    Buffer.from(largeBoth),
    '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  ],
]
for (const [number, key, data, mac] of sha256Vectors) {
  test(`HMAC-SHA256 gives the value of RFC 4231, test case ${number}`, () => {
    assert.equal(hmac('sha256', key, data).toString('hex'), mac)
  })
}

// RFC 2202 §3.
const sha1Vectors: readonly [number, Buffer, Buffer, string][] = [
  [1, bytesOf(0x0b, 20), Buffer.from('Hi There'), 'b617318655057264e28bc0b6fb378c8ef146be00'],
  [
    2,
    Buffer.from('Jefe'),
    Buffer.from('what do ya want for nothing?'),
    'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
  ],
  [3, bytesOf(0xaa, 20), bytesOf(0xdd, 50), '125d7342b9ac11cd91a39af48aa17b4f63f175d3'],
  [6, bytesOf(0xaa, 80), Buffer.from(largeKey), 'aa4ae5e15272d00e95705637ce8a3b55ed402112'],
]
for (const [number, key, data, mac] of sha1Vectors) {
  test(`HMAC-SHA1 gives the value of RFC 2202, test case ${number}`, () => {
    assert.equal(hmac('sha1', key, data).toString('hex'), mac)
  })
}

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
