import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { verifyEd25519 } from '../src/index.ts'

const hex = (text: string): Uint8Array => Buffer.from(text, 'hex')

// RFC 8032 §7.1.
const vectors: readonly [number, string, string, string][] = [
  [
    1,
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    2,
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    3,
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
]
for (const [number, key, message, signature] of vectors) {
  test(`the signature of RFC 8032, test ${number}, is valid for its message and no other`, () => {
    assert.equal(verifyEd25519(hex(key), hex(signature), hex(message)), true)
    assert.equal(verifyEd25519(hex(key), hex(signature), hex(`${message}00`)), false)
  })
}

const [, , [, key, message, signature]] = vectors as [unknown, unknown, (typeof vectors)[number]]

test('parts are verified as if they were one array', () => {
  const parts = [hex('af'), hex(''), hex('82')]
  assert.equal(verifyEd25519(hex(key), hex(signature), ...parts), true)
})

test('no bit of key, message or signature can be changed', () => {
  const given = [hex(key), hex(signature), hex(message)] as const
  for (const [which, original] of given.entries()) {
    for (let bit = 0; bit < original.length * 8; bit++) {
      const changed = Uint8Array.from(original)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const [publicKey, sent, content] = given.with(which, changed)
      assert.equal(verifyEd25519(publicKey ?? changed, sent ?? changed, content ?? changed), false)
    }
  }
})

test('the same signature with the group order added to it is refused (RFC 8032 §5.1.7)', () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  const bytes = Uint8Array.from(hex(signature))
  let sum = order
  for (let i = 63; i >= 32; i--) sum += BigInt(bytes[i] ?? 0) << BigInt(8 * (i - 32))
  for (let i = 32; i < 64; i++) bytes[i] = Number((sum >> BigInt(8 * (i - 32))) & 0xffn)
  assert.equal(verifyEd25519(hex(key), bytes, hex(message)), false)
})

test('any bytes give an answer, never an exception', () => {
  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
    fc.uint8Array({ minLength: 64, maxLength: 64 }),
  )
  fc.assert(
    fc.property(anyBytes, anyBytes, fc.array(fc.uint8Array()), (publicKey, sent, parts) => {
      assert.equal(typeof verifyEd25519(publicKey, sent, ...parts), 'boolean')
    }),
  )
})

test('more keys than are remembered give the same answers', () => {
  for (let i = 0; i < 1100; i++) {
    const other = Uint8Array.from(hex(key))
    other[0] = i & 255
    other[1] = i >> 8
    verifyEd25519(other, hex(signature), hex(message))
  }
  assert.equal(verifyEd25519(hex(key), hex(signature), hex(message)), true)
})
