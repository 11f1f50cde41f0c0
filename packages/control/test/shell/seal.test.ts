import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MasterKeys } from '../../src/shell/master-keys.ts'
import { openSecret, sealSecret } from '../../src/shell/seal.ts'
import type { SealBinding } from '../../src/shell/seal.ts'

const one = 'm1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
const two = `m2:${Buffer.alloc(32, 9).toString('base64')}`
const place: SealBinding = { tenantId: 'demo', endpointId: 'levy', keyId: 'k1', version: 7 }
const sealedOtherwise = { code: 'SECRET_SEALED_OTHERWISE', fate: 'poison' }

// Made with AESGCM of the Python package cryptography: key 00..1f, nonce 00..0b, additional data the
// five parts, each after its length as unsigned 32-bit big-endian.
const vector = {
  nonce: 'AAECAwQFBgcICQoL',
  ciphertext: 'K2egYuiWp3j/JOOmgdlIXCQ0gi9yB31HNXzBmtlQ18o=',
  master_key_id: 'm1',
}

test('a secret sealed by another implementation opens, and ours seals to the same bytes', () => {
  const keys = MasterKeys.parse(one)
  assert.equal(openSecret(keys, place, vector).toString(), 'levy-secret-0001')
  const nonce = Buffer.from(vector.nonce, 'base64')
  assert.deepEqual(sealSecret(keys, place, Buffer.from('levy-secret-0001'), nonce), vector)
})

test('what was sealed opens, and twice sealed are not the same bytes', () => {
  const keys = MasterKeys.parse(one)
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), secret => {
      const sealed = sealSecret(keys, place, secret)
      assert.deepEqual(new Uint8Array(openSecret(keys, place, sealed)), new Uint8Array(secret))
      assert.notEqual(sealSecret(keys, place, secret).ciphertext, sealed.ciphertext)
    }),
  )
})

test('moved to another tenant, endpoint, key id or version it does not open', () => {
  const keys = MasterKeys.parse(one)
  const moved: Partial<SealBinding>[] = [
    { tenantId: 'other' },
    { endpointId: 'levy2' },
    { keyId: 'k2' },
    { version: 8 },
    { tenantId: 'demol', endpointId: 'evy' },
  ]
  for (const change of moved) {
    assert.throws(() => openSecret(keys, { ...place, ...change }, vector), sealedOtherwise)
  }
})

test('no single changed bit of nonce, ciphertext or tag opens, and no part of it does', () => {
  const keys = MasterKeys.parse(one)
  for (const field of ['nonce', 'ciphertext'] as const) {
    const bytes = Buffer.from(vector[field], 'base64')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const sealed = { ...vector, [field]: changed.toString('base64') }
      assert.throws(() => openSecret(keys, place, sealed), sealedOtherwise)
    }
    for (let length = 0; length < bytes.length; length++) {
      const sealed = { ...vector, [field]: bytes.subarray(0, length).toString('base64') }
      assert.throws(() => openSecret(keys, place, sealed), sealedOtherwise)
    }
  }
})

test('a version below the one that was in force is refused though it would open', () => {
  const keys = MasterKeys.parse(one)
  assert.throws(() => openSecret(keys, place, vector, 8), { code: 'SECRET_VERSION_LOWER' })
  assert.equal(openSecret(keys, place, vector, 7).length, 16)
})

test('the first master key seals, every one opens, an absent one does not', () => {
  const rotated = MasterKeys.parse(`${two}\n${one}`)
  assert.equal(openSecret(rotated, place, vector).length, 16)
  const sealed = sealSecret(rotated, place, Buffer.from('x'))
  assert.equal(sealed.master_key_id, 'm2')
  assert.throws(() => openSecret(MasterKeys.parse(one), place, sealed), sealedOtherwise)
  const swapped = { ...sealed, master_key_id: 'm1' }
  assert.throws(() => openSecret(rotated, place, swapped), sealedOtherwise)
})

const badKeys: Record<string, string> = {
  nothing: '',
  'no id': Buffer.alloc(32).toString('base64'),
  'a short key': `m1:${Buffer.alloc(16).toString('base64')}`,
  'a long key': `m1:${Buffer.alloc(33).toString('base64')}`,
  'an id twice': `${one} ${one}`,
  'a password': 'm1:correct horse battery staple',
}
for (const [name, text] of Object.entries(badKeys)) {
  test(`master keys with ${name} are refused without being quoted`, () => {
    assert.throws(
      () => MasterKeys.parse(text),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'MASTER_KEY_INVALID')
        assert.ok(text === '' || !error.message.includes(text.slice(3, 20)))
        return true
      },
    )
  })
}
