// Senders that can't sign: what lets a delivery in, and what never does.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { platform } from '@fleet/signatures'
import fc from 'fast-check'
import { parseEndpoints } from '../src/endpoints.ts'
import { keptHeaders } from '../src/headers.ts'
import { signDelivery } from '../src/sign.ts'
import { secretProblem } from '../src/verify-key.ts'
import type { DeliverySecret } from '../src/verify.ts'
import { verifyDelivery } from '../src/verify.ts'
import { endpointOf } from './endpoint-of.ts'
import { bytes, outcome, secret, verify } from './verifying.ts'

const key = 'k-3vX9mQ7pL2sT8wZ4nB6cR1yD5fG0hJ'
const other = 'k-0aS8dF6gH4jK2lZ1xC3vB5nM7qW9eR'
const hashOf = (text: string): string => `sha256:${platform.textSha256Hex(text)}`

const settings = {
  id: 'old',
  tenant_id: 'acme',
  source: 'old',
  adapter: 'generic',
  auth: 'api-key',
  secrets: [{ id: 'k1', ref: 'file:old.k1' }],
}
const inBearer = endpointOf({ auth: 'api-key', signature: null })
const inHeader = endpointOf({ auth: 'api-key', signature: null, api_key_header: 'X-Api-Key' })
const stored = secret(hashOf(key))
const body = bytes('{"event_id":"e1"}')

const bearer = (text: string): Record<string, string> => ({ authorization: `Bearer ${text}` })

test('the key of the endpoint lets any body in; the record names the key and that nothing was signed', () => {
  assert.deepEqual(verify(inBearer, [stored], bearer(key), body), {
    ok: true,
    keyId: 'k1',
    scheme: 'generic/api-key',
  })
  assert.ok(verify(inHeader, [stored], { 'x-api-key': key }, body).ok)
})

test('while two keys are active both let in, each under its own id and in its own time', () => {
  const next: DeliverySecret = { ...secret(hashOf(other)), id: 'k2', notBeforeMs: 1000 }
  const secrets = [{ ...stored, notAfterMs: 2000 }, next]
  const keyIdAt = (text: string, nowMs: number): string => {
    const verification = verify(inBearer, secrets, bearer(text), body, nowMs)
    return verification.ok ? verification.keyId : verification.reason
  }
  assert.equal(keyIdAt(key, 1999), 'k1')
  assert.equal(keyIdAt(key, 2000), 'bad_signature')
  assert.equal(keyIdAt(other, 999), 'bad_signature')
  assert.equal(keyIdAt(other, 1000), 'k2')
})

const refused: [string, Record<string, string | string[]>, string][] = [
  ['no header', {}, 'missing_signature'],
  ['an empty header', { authorization: ' ' }, 'missing_signature'],
  ['the key twice', { authorization: [`Bearer ${key}`, `Bearer ${key}`] }, 'bad_signature'],
  ['another scheme', { authorization: `Basic ${key}` }, 'bad_signature'],
  ['no scheme', { authorization: key }, 'bad_signature'],
  ['another key', bearer(other), 'bad_signature'],
  ['the stored hash itself', bearer(hashOf(key)), 'bad_signature'],
  ['the hash without its name', bearer(hashOf(key).slice(7)), 'bad_signature'],
  ['the key and a blank', bearer(`${key} x`), 'bad_signature'],
  ['the key in another header', { 'x-api-key': key }, 'missing_signature'],
]
for (const [name, headers, reason] of refused) {
  test(`${name}: ${reason}`, () => {
    assert.equal(outcome(verify(inBearer, [stored], headers, body)), reason)
  })
}

test('no text that differs from the key in one character lets in', () => {
  const character = fc.integer({ min: 0x20, max: 0x7e }).map(code => String.fromCharCode(code))
  fc.assert(
    fc.property(fc.nat(key.length - 1), character, (at, changed) => {
      const text = key.slice(0, at) + changed + key.slice(at + 1)
      assert.equal(verify(inBearer, [stored], bearer(text), body).ok, text === key)
    }),
  )
})

test('a key that came in clear proves nothing', () => {
  const request = { headers: bearer(key), body, nowMs: 0, isPrivate: false }
  assert.equal(outcome(verifyDelivery(inBearer, [stored], request, platform)), 'bad_signature')
})

test('a short key lets nobody in, whatever is stored', () => {
  const short = 'password'
  const secrets = [secret(hashOf(short))]
  assert.equal(outcome(verify(inBearer, secrets, bearer(short), body)), 'bad_signature')
})

test('a secret that is the key, not its hash, lets nobody in and is told without its text', () => {
  const plain = secret(key)
  assert.equal(outcome(verify(inBearer, [plain], bearer(key), body)), 'bad_signature')
  const problem = secretProblem(inBearer, plain.key)
  assert.match(problem ?? '', /sha256:/)
  assert.ok(!problem?.includes(key))
  assert.equal(secretProblem(inBearer, stored.key), null)
})

test('the key is never kept with the record, and nothing is ever signed with its hash', () => {
  const kept = keptHeaders(inHeader, { 'x-api-key': key, 'content-type': 'application/json' })
  assert.deepEqual(kept, { 'content-type': 'application/json' })
  assert.deepEqual(keptHeaders(inBearer, bearer(key)), {})
  assert.equal(signDelivery(inBearer, stored.key, { body, id: 'e', nowMs: 0 }, platform), null)
})

function problemsOf(more: Record<string, unknown>): string {
  const file = { version: 1, endpoints: [{ ...settings, ...more }] }
  const reading = parseEndpoints(JSON.stringify(file), 'production')
  return reading.ok ? `ok ${reading.warnings.join(' ')}` : reading.problems.join(' ')
}

const files: [string, Record<string, unknown>, RegExp][] = [
  ['is taken with a warning', {}, /^ok endpoints\[0\]\.auth \(old\): .*no signature/],
  ['is taken for ump', { adapter: 'ump' }, /^ok /],
  ['not for smartcar', { adapter: 'smartcar' }, /auth: must be "signature"/],
  ['not for standard-webhooks', { adapter: 'standard-webhooks' }, /auth: must be "signature"/],
  ['not with a signature', { signature: { header: 'x-sign' } }, /signature: must be left out/],
  ['not in a kept header', { api_key_header: 'User-Agent' }, /api_key_header: must be a header/],
  ['not in what is no header', { api_key_header: 'a b' }, /api_key_header: must be the name/],
  ['not by another name', { auth: 'basic' }, /auth: must be "signature" or "api-key"/],
  ['no header without it', { auth: 'signature' }, /signature/],
]
for (const [name, more, expected] of files) {
  test(`auth: api-key ${name}`, () => assert.match(problemsOf(more), expected))
}

test('a header for keys without keys is a mistake', () => {
  const more = { auth: null, signature: { header: 'x-sign' }, api_key_header: 'x-key' }
  assert.match(problemsOf(more), /api_key_header: counts only with/)
})

test('how long a sender waits is a whole number of at most two minutes', () => {
  const timeoutOf = (value: unknown) => endpointOf({ sender_timeout_ms: value }).senderTimeoutMs
  assert.equal(timeoutOf(5000), 5000)
  assert.equal(timeoutOf(null), null)
  for (const value of [0, 1.5, '5000', 120_001]) {
    assert.match(problemsOf({ sender_timeout_ms: value }), /sender_timeout_ms: must be/)
  }
})
