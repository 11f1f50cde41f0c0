import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'

import fc from 'fast-check'

import { ProvenanceKeyRing, provenanceMac } from '../src/index.ts'

const oldKey = Buffer.alloc(32, 1)
const newKey = Buffer.alloc(32, 2)
const value = Buffer.from([0, 0, 0, 0, 7, 1])
const noon = Date.parse('2026-11-21T12:00:00Z')
const hour = 3_600_000

const ring = ProvenanceKeyRing.parse(
  JSON.stringify({
    keys: [
      {
        id: 'old',
        key_base64: oldKey.toString('base64'),
        sign_from: null,
        sign_until: '2026-11-21T13:00:00Z',
        verify_until: '2026-11-21T15:00:00Z',
      },
      {
        id: 'new',
        key_base64: newKey.toString('base64'),
        sign_from: '2026-11-21T12:00:00Z',
        sign_until: null,
      },
    ],
  }),
)

const signers: readonly [string, number, string][] = [
  ['before the new key may sign, the old one does', noon - 1, 'old'],
  ['sign_from is inclusive, and the key that may sign latest is preferred', noon, 'new'],
  ['after the old key has ended, the new one signs', noon + 5 * hour, 'new'],
]
for (const [rule, nowMs, keyId] of signers) {
  test(rule, () => {
    const signed = ring.sign(nowMs, 'k', value)
    assert.equal(signed.keyId, keyId)
    const bytes = keyId === 'old' ? oldKey : newKey
    assert.deepEqual(signed.mac, provenanceMac(bytes, 'k', value))
    assert.equal(ring.verify(signed.keyId, signed.mac, 'k', value, nowMs), 'ok')
  })
}

const good = provenanceMac(oldKey, 'k', value)
const verdicts: readonly [string, string | undefined, Buffer | undefined, number, string][] = [
  ['no key id is missing provenance', undefined, good, noon, 'PROVENANCE_MISSING'],
  ['no MAC is missing provenance', 'old', undefined, noon, 'PROVENANCE_MISSING'],
  ['a key id nobody knows is unknown', 'other', good, noon, 'PROVENANCE_KEY_UNKNOWN'],
  ['verify_until is exclusive', 'old', good, noon + 3 * hour, 'PROVENANCE_KEY_UNKNOWN'],
  ['a key verifies until verify_until', 'old', good, noon + 3 * hour - 1, 'ok'],
  ['a key verifies before it signs', 'new', provenanceMac(newKey, 'k', value), noon - hour, 'ok'],
  ['the MAC of another key is invalid', 'new', good, noon, 'PROVENANCE_INVALID'],
  ['a cut-off MAC is invalid', 'old', good.subarray(0, 31), noon, 'PROVENANCE_INVALID'],
  ['an empty MAC is invalid', 'old', Buffer.alloc(0), noon, 'PROVENANCE_INVALID'],
]
for (const [rule, keyId, mac, atMs, verdict] of verdicts) {
  test(rule, () => {
    assert.equal(ring.verify(keyId, mac, 'k', value, atMs), verdict)
  })
}

test('a single changed bit of MAC, record key or value is invalid', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 64 }),
      fc.uint8Array({ minLength: 1, maxLength: 256 }),
      fc.constantFrom('mac', 'key', 'value'),
      fc.nat(),
      (recordKey, framed, target, position) => {
        const { mac, keyId } = ring.sign(noon, recordKey, framed)
        const flip = (name: string, bytes: Uint8Array): Uint8Array =>
          name === target ? withFlippedBit(bytes, position) : bytes
        const parts = [flip('mac', mac), flip('key', recordKey), flip('value', framed)] as const
        assert.equal(ring.verify(keyId, ...parts, noon), 'PROVENANCE_INVALID')
      },
    ),
  )
})

function withFlippedBit(bytes: Uint8Array, position: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  const index = (position >> 3) % copy.length
  copy[index] = (copy[index] ?? 0) ^ (1 << (position & 7))
  return copy
}

test('when no key may sign, the error is transient: the file may bring one', () => {
  const ended = ProvenanceKeyRing.parse(
    JSON.stringify({
      keys: [
        {
          id: 'k',
          key_base64: oldKey.toString('base64'),
          sign_until: '2026-11-21T12:00:00Z',
        },
      ],
    }),
  )
  assert.throws(() => ended.sign(noon, 'k', value), { code: 'PROVENANCE_NO_SIGNING_KEY' })
  assert.equal(ended.sign(noon - 1, 'k', value).keyId, 'k')
})

const secret = 'c2VjcmV0LXNlY3JldC1zZWNyZXQ'
const badFiles: readonly [string, string, string][] = [
  ['not JSON', `{"keys":[{"key_base64":"${secret}`, 'not valid JSON'],
  ['no keys', '{}', 'keys: must be a list'],
  ['an empty list', '{"keys":[]}', 'keys: must be a list'],
  ['a key that is no object', `{"keys":["${secret}"]}`, 'keys[0].id: must be a text'],
  ['base64 without padding', file({ key_base64: secret }), 'keys[0].key_base64: must be base64'],
  ['a short key', file({ key_base64: 'c2hvcnQ=' }), 'at least 16 bytes'],
  ['a time without a zone', file({ sign_from: '2026-11-21T12:00:00' }), 'keys[0].sign_from'],
  ['a time that is a number', file({ verify_until: 1 }), 'keys[0].verify_until'],
  ['two keys of one id', file({}, {}), 'keys[1].id: used by an earlier key'],
]
for (const [name, text, problem] of badFiles) {
  test(`a key file with ${name} is refused without echoing key material`, () => {
    assert.throws(
      () => ProvenanceKeyRing.parse(text),
      (error: Error & { code?: string; fate?: string }) => {
        assert.equal(error.code, 'PROVENANCE_KEYS_INVALID')
        assert.equal(error.fate, 'fatal')
        assert.ok(error.message.includes(problem), error.message)
        assert.ok(!inspect(error).includes(secret))
        return true
      },
    )
  })
}

test('printing a key ring shows no key', () => {
  assert.ok(!inspect(ring, { depth: 9 }).includes(oldKey.toString('base64')))
  assert.equal(JSON.stringify(ring), '{}')
})

function file(...entries: Record<string, unknown>[]): string {
  const keys = entries.map(entry => ({
    id: 'k1',
    key_base64: oldKey.toString('base64'),
    ...entry,
  }))
  return JSON.stringify({ keys })
}
