// Standard Webhooks with public keys (`v1a`), several signatures and several keys. What `v1` alone must do
// is in verify.test.ts.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'

import type { RequestHeaders } from '../src/headers.ts'
import { signDelivery } from '../src/sign.ts'
import { secretProblem } from '../src/verify-key.ts'
import type { DeliverySecret } from '../src/verify.ts'
import { platform } from '@fleet/signatures'
import { endpointOf, levy, standardWebhooks } from './endpoint-of.ts'
import { signedHeaders, signerOf } from './sign-publicly.ts'
import { bytes, outcome, secret, verify } from './verifying.ts'

const body = bytes('{"test": 2432232314}')
const seconds = 1_614_265_330
const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek'
const content = Buffer.concat([bytes(`${id}.${seconds}.`), body])

const signer = signerOf(Buffer.from('6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc=', 'base64'))
const other = signerOf(Buffer.alloc(32, 7))
const macSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

const v1a = `v1a,${signer.sign(content)}`
const otherV1a = `v1a,${other.sign(content)}`
const v1 = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
const publicKey = secret(signer.publicSecret, { id: 'public' })
const macKey = secret(macSecret, { id: 'mac' })

function mac(key: string | Uint8Array): string {
  return createHmac('sha256', key).update(content).digest('base64')
}

function ask(
  secrets: readonly DeliverySecret[],
  signature: string,
  changed: RequestHeaders = {},
  laterMs = 0,
): string {
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': signature,
    ...changed,
  }
  const verification = verify(standardWebhooks, secrets, headers, body, seconds * 1000 + laterMs)
  return verification.ok ? `${verification.scheme} by ${verification.keyId}` : verification.reason
}

const byPublic = 'standard-webhooks/v1a by public'
const byMac = 'standard-webhooks/v1 by mac'

test('the public key of the signing key is the published one', () => {
  assert.equal(signer.publicSecret, 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=')
})

const lists: readonly [string, readonly DeliverySecret[], string, string][] = [
  ['v1a alone', [publicKey], v1a, byPublic],
  ['v1a beside v1', [publicKey], `${v1} ${v1a}`, byPublic],
  ['v1 beside v1a', [macKey], `${v1a} ${v1}`, byMac],
  ['the keys in their order in the file', [macKey, publicKey], `${v1a} ${v1}`, byMac],
  ['a second v1a of the new key', [publicKey], `${otherV1a} ${v1a}`, byPublic],
  ['unknown versions are passed over', [publicKey], `v2,AAAA v1b,x ${v1a} v10,=`, byPublic],
  ['only unknown versions', [publicKey, macKey], 'v2,AAAA v3a,AAAA', 'bad_signature'],
  ['v1a of another key', [publicKey], otherV1a, 'bad_signature'],
  ['v1a without a value', [publicKey], 'v1a,', 'bad_signature'],
  ['v1a cut off', [publicKey], v1a.slice(0, -4), 'bad_signature'],
  ['v1a without its padding', [publicKey], v1a.slice(0, -2), 'bad_signature'],
  ['v1a in the alphabet for URLs', [publicKey], v1a.replaceAll('/', '_'), 'bad_signature'],
  ['V1A', [publicKey], v1a.replace('v1a', 'V1A'), 'bad_signature'],
  ['four of v1a', [publicKey], `${otherV1a} ${otherV1a} ${otherV1a} ${v1a}`, byPublic],
  [
    'five of v1a, each of which takes as long as many MACs',
    [publicKey],
    `${otherV1a} ${otherV1a} ${otherV1a} ${otherV1a} ${v1a}`,
    'bad_signature',
  ],
  ['v1a twice, joined by a parser', [publicKey], `${otherV1a}, ${v1a}`, 'bad_signature'],
  ['sixteen signatures', [publicKey], `${'v2,AAAA '.repeat(15)}${v1a}`, byPublic],
  ['seventeen signatures', [publicKey], `${'v2,AAAA '.repeat(16)}${v1a}`, 'bad_signature'],
]
for (const [name, secrets, signature, expected] of lists) {
  test(`a signature header with ${name}: ${expected}`, () => {
    assert.equal(ask(secrets, signature), expected)
  })
}

const signedParts: readonly [string, RequestHeaders, number, string][] = [
  ['another id', { 'webhook-id': 'msg_other' }, 0, 'bad_signature'],
  ['an id with a dot', { 'webhook-id': 'msg.1' }, 0, 'bad_signature'],
  ['another timestamp', { 'webhook-timestamp': String(seconds + 1) }, 0, 'bad_signature'],
  ['no timestamp', { 'webhook-timestamp': undefined }, 0, 'missing_signature'],
  ['300 s later', {}, 300_999, byPublic],
  ['301 s later', {}, 301_000, 'stale'],
  ['300 s early', {}, -300_000, byPublic],
  ['301 s early', {}, -301_000, 'stale'],
]
for (const [name, changed, laterMs, expected] of signedParts) {
  test(`a v1a delivery with ${name}: ${expected}`, () => {
    assert.equal(ask([publicKey], v1a, changed, laterMs), expected)
  })
}

// Anyone may know a public key. Whoever could have it used as the key of a MAC would sign as the sender.
const downgrades: readonly [string, readonly DeliverySecret[], string][] = [
  ['a MAC under the text of the public key', [publicKey], `v1,${mac(signer.publicSecret)}`],
  ['a MAC under the bytes of the public key', [publicKey], `v1,${mac(signer.publicKey)}`],
  ['such a MAC beside a v1a that is wrong', [publicKey], `${otherV1a} v1,${mac(signer.publicKey)}`],
  ['a right v1a called v1', [publicKey], v1a.replace('v1a', 'v1')],
  ['a right v1 called v1a', [macKey], v1.replace('v1', 'v1a')],
  ['a right v1 where only a public key is known', [publicKey], v1],
  ['a right v1a where only a MAC key is known', [macKey], v1a],
  [
    'a right v1 after the MAC key has ended',
    [secret(macSecret, { notAfterMs: seconds * 1000 }), publicKey],
    v1,
  ],
  ['a MAC under a public key that is cut off', [secret('whpk_AAAA')], `v1,${mac('whpk_AAAA')}`],
  ['a MAC under an empty public key', [secret('whpk_')], `v1,${mac('whpk_')}`],
  ['a MAC under a private key given by mistake', [secret('whsk_x')], `v1,${mac('whsk_x')}`],
]
for (const [name, secrets, signature] of downgrades) {
  test(`no scheme stands in for another: ${name} is refused`, () => {
    assert.equal(ask(secrets, signature), 'bad_signature')
  })
}

test('while a sender changes from v1 to v1a both are taken, each by its own key and in its time', () => {
  const changeMs = seconds * 1000
  const secrets = [
    secret(macSecret, { id: 'mac', notAfterMs: changeMs + 60_000 }),
    secret(signer.publicSecret, { id: 'public', notBeforeMs: changeMs }),
  ]
  const times = [-1000, 0, 59_999, 60_000]
  assert.deepEqual(
    times.map(laterMs => ask(secrets, v1, {}, laterMs)),
    [byMac, byMac, byMac, 'bad_signature'],
  )
  assert.deepEqual(
    times.map(laterMs => ask(secrets, v1a, {}, laterMs)),
    ['bad_signature', byPublic, byPublic, byPublic],
  )
})

test('a public key of small order is refused: it takes signatures of anybody', () => {
  const forged = Buffer.alloc(64)
  forged[0] = 1
  const anybody = `v1a,${forged.toString('base64')}`
  for (const point of [
    '01'.padEnd(64, '0'),
    '00'.repeat(32),
    `01${'00'.repeat(30)}80`,
    `ec${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(31)}`,
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  ]) {
    const text = `whpk_${Buffer.from(point, 'hex').toString('base64')}`
    assert.equal(ask([secret(text)], anybody), 'bad_signature', point)
    assert.match(secretProblem(standardWebhooks, bytes(text)) ?? '', /small order/)
  }
})

const problems: readonly [string, string | null][] = [
  ['', 'it is empty'],
  ['whsec_', 'it is empty'],
  ['whsec_***', 'after whsec_ stands no base64'],
  ['whpk_AAAA', 'after whpk_ must stand 32 bytes in base64'],
  [signer.publicSecret.replace('r4=', 'r5='), 'after whpk_ must stand 32 bytes in base64'],
  ['whsk_AAAA', "whsk_ is the private key: take the sender's whpk_"],
  [signer.publicSecret, null],
  [signer.publicSecret.slice(0, -1), null],
  [macSecret, null],
  ['plain text', null],
]
for (const [text, problem] of problems) {
  test(`the secret "${text}": ${problem ?? 'can be used'}`, () => {
    assert.equal(secretProblem(standardWebhooks, bytes(text)), problem)
  })
}

test('prefixes of Standard Webhooks mean nothing to the other adapters', () => {
  assert.equal(secretProblem(levy, bytes('whpk_AAAA')), null)
  assert.equal(secretProblem(levy, bytes('')), 'it is empty')
})

test('nobody signs with a public key', () => {
  const delivery = { body, id, nowMs: seconds * 1000 }
  assert.equal(signDelivery(standardWebhooks, bytes(signer.publicSecret), delivery, platform), null)
})

test('the tolerance is that of the endpoint', () => {
  const patient = endpointOf({
    adapter: 'standard-webhooks',
    signature: { freshness_seconds: 3600 },
  })
  const headers = signedHeaders(signer, body, { id, seconds })
  for (const [laterMs, expected] of [
    [3_600_000, 'ok'],
    [-3_600_000, 'ok'],
    [3_601_000, 'stale'],
    [-3_601_000, 'stale'],
  ] as const) {
    const nowMs = seconds * 1000 + laterMs
    assert.equal(outcome(verify(patient, [publicKey], headers, body, nowMs)), expected)
  }
})
