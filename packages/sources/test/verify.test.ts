import assert from 'node:assert/strict'
import { test } from 'node:test'

import { platform } from '@fleet/signatures'
import fc from 'fast-check'

import type { Endpoint } from '../src/endpoint.ts'
import type { RequestHeaders } from '../src/headers.ts'
import { signDelivery } from '../src/sign.ts'
import { signatureScheme } from '../src/verify.ts'
import type { DeliverySecret } from '../src/verify.ts'
import {
  endpointOf,
  everyAdapter,
  levy,
  levySettings,
  smartcar,
  standardWebhooks,
  ump,
} from './endpoint-of.ts'
import { bytes, outcome, secret, verify } from './verifying.ts'

const levyBody = bytes('{"event_id":"evt_1","event_type":"reservation.created"}')
// printf '%s' "$body" | openssl dgst -sha256 -hmac levy-secret
const levyHex = '40a008aca8541e5a498f772afc2fa6cf6f623b6158cb50d9c4be5c1a7a9ceafc'

const umpBody = bytes(
  '{"id":"evt_1","type":"booking_accepted","timestamp":"2026-11-21T08:30:00Z","resource":{"type":"booking","id":"BK1"}}',
)
// python3: hmac.new(b'ump-secret', body, 'sha256').hexdigest()
const umpHex = '309da75549a2e92b91a1efa4c1e6784e786fa9d3afbef72836d2ad2f25fb9c36'

// Smartcar's public SDK tests: management token "amt".
const pizza = bytes('{"pizza":"pasta"}')
const pizzaHex = '4c05a8da471f05156ad717baa4017acd13a3a809850b9ca7d3301dcaaa854f70'

// standard-webhooks, webhook.test.ts of the reference libraries.
const swSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const swBody = bytes('{"test": 2432232314}')
const swTime = 1_614_265_330
const swSignature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
const swHeaders = {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': String(swTime),
  'webhook-signature': swSignature,
}

const templateSettings = {
  header: 'x-signature',
  encoding: 'base64',
  signed_content: '{timestamp}.{body}',
  timestamp_header: 'X-Time',
  freshness_seconds: 60,
}
const template = endpointOf({ signature: templateSettings })
// python3: base64.b64encode(hmac.new(b'levy-secret', b'1700000000.' + body, 'sha256').digest())
const templateBase64 = '5dG4Lm0FdcK+QRU6vRxArtH/qnV6GSp6yY89Qf8v6tY='

const sha1 = endpointOf({
  signature: { header: 'x-signature', algorithm: 'hmac-sha1', signed_content: '{id}:{body}!' },
})
// python3: hmac.new(b'levy-secret', b'msg-1:' + body + b'!', 'sha1').hexdigest()
const sha1Hex = 'f860bce08bcef46269e7b3d195a7ee3a794abb7e'

const vectors: readonly [string, Endpoint, string, RequestHeaders, Uint8Array, number, string][] = [
  [
    'generic, hex with its prefix',
    levy,
    'levy-secret',
    { 'x-levy-signature': `sha256=${levyHex}` },
    levyBody,
    0,
    'generic/hmac-sha256',
  ],
  [
    'generic, upper-case hex',
    levy,
    'levy-secret',
    { 'x-levy-signature': `sha256=${levyHex.toUpperCase()}` },
    levyBody,
    0,
    'generic/hmac-sha256',
  ],
  [
    'generic, base64 over timestamp and body',
    template,
    'levy-secret',
    { 'x-signature': templateBase64, 'x-time': '1700000000' },
    levyBody,
    1_700_000_000_000,
    'generic/hmac-sha256',
  ],
  [
    'generic, SHA-1 over id, body and literal text',
    sha1,
    'levy-secret',
    { 'x-signature': sha1Hex, 'webhook-id': 'msg-1' },
    levyBody,
    0,
    'generic/hmac-sha1',
  ],
  ['UMP', ump, 'ump-secret', { 'x-ump-signature': umpHex }, umpBody, 0, 'ump/hmac-sha256'],
  [
    'UMP with the optional prefix',
    ump,
    'ump-secret',
    { 'x-ump-signature': `sha256=${umpHex}` },
    umpBody,
    0,
    'ump/hmac-sha256',
  ],
  ['Smartcar', smartcar, 'amt', { 'sc-signature': pizzaHex }, pizza, 0, 'smartcar/hmac-sha256'],
  [
    'Smartcar with the optional prefix',
    smartcar,
    'amt',
    { 'sc-signature': [`sha256=${pizzaHex}`] },
    pizza,
    0,
    'smartcar/hmac-sha256',
  ],
  [
    'Standard Webhooks',
    standardWebhooks,
    swSecret,
    swHeaders,
    swBody,
    swTime * 1000,
    'standard-webhooks/v1',
  ],
]
for (const [name, endpoint, key, headers, body, nowMs, scheme] of vectors) {
  test(`the published or independently computed signature is accepted: ${name}`, () => {
    const verification = verify(endpoint, [secret(key)], headers, body, nowMs)
    assert.deepEqual(verification, { ok: true, keyId: 'k1', scheme })
    assert.equal(signatureScheme(endpoint), scheme)
  })
}

const levyRefusals: readonly [string, string | readonly string[] | undefined, string][] = [
  ['a missing header', undefined, 'missing_signature'],
  ['an empty header', '', 'missing_signature'],
  ['a header sent twice', [`sha256=${levyHex}`, `sha256=${levyHex}`], 'bad_signature'],
  ['twice, joined by a parser', `sha256=${levyHex}, sha256=${levyHex}`, 'bad_signature'],
  ['without the configured prefix', levyHex, 'bad_signature'],
  ['the prefix in another case', `SHA256=${levyHex}`, 'bad_signature'],
  ['the prefix twice', `sha256=sha256=${levyHex}`, 'bad_signature'],
  ['the prefix alone', 'sha256=', 'bad_signature'],
  ['a cut-off value', `sha256=${levyHex.slice(0, 62)}`, 'bad_signature'],
  ['an odd number of digits', `sha256=${levyHex.slice(0, 63)}`, 'bad_signature'],
  ['trailing junk', `sha256=${levyHex}00`, 'bad_signature'],
  ['characters that are no hex', `sha256=${levyHex.slice(0, 62)}zz`, 'bad_signature'],
  ['base64 instead of hex', 'sha256=QKAIrKhUHlpJj3cq/C+mz29iO2FYy1DZxL5cGnqc6vw=', 'bad_signature'],
]
for (const [name, header, reason] of levyRefusals) {
  test(`a generic delivery is refused with ${name}`, () => {
    const headers = { 'x-levy-signature': header }
    assert.equal(outcome(verify(levy, [secret('levy-secret')], headers, levyBody)), reason)
  })
}

const goodLevy = { 'x-levy-signature': `sha256=${levyHex}` }

test('a prototype is no source of headers', () => {
  const headers = Object.create(goodLevy) as RequestHeaders
  assert.equal(
    outcome(verify(levy, [secret('levy-secret')], headers, levyBody)),
    'missing_signature',
  )
})

const secretCases: readonly [string, readonly DeliverySecret[], number, string][] = [
  ['no secret at all', [], 0, 'bad_signature'],
  ['another secret', [secret('levy-secret2')], 0, 'bad_signature'],
  ['an empty secret', [secret('')], 0, 'bad_signature'],
  ['the second of several', [secret('other'), secret('levy-secret', { id: 'k2' })], 0, 'ok'],
  ['not_before is inclusive', [secret('levy-secret', { notBeforeMs: 1000 })], 1000, 'ok'],
  ['before not_before', [secret('levy-secret', { notBeforeMs: 1000 })], 999, 'bad_signature'],
  ['not_after is exclusive', [secret('levy-secret', { notAfterMs: 1000 })], 1000, 'bad_signature'],
  ['just before not_after', [secret('levy-secret', { notAfterMs: 1000 })], 999, 'ok'],
]
for (const [name, secrets, nowMs, expected] of secretCases) {
  test(`which secrets count: ${name}`, () => {
    assert.equal(outcome(verify(levy, secrets, goodLevy, levyBody, nowMs)), expected)
  })
}

test('a delivery signed with an empty key is refused, whatever the adapter', () => {
  for (const endpoint of everyAdapter) {
    const unkeyed = { ...endpoint, adapter: 'generic' } as const
    assert.equal(
      signDelivery(unkeyed, new Uint8Array(), { ...delivery, body: levyBody }, platform),
      null,
    )
    const signedContent = { ...endpoint.signature, signedContent: '{body}' }
    const forged = Buffer.from(platform.hmac('sha256', new Uint8Array(), levyBody))
    const text = forged.toString(endpoint.signature.encoding)
    const headers = { ...swHeaders, [endpoint.signature.header]: endpoint.signature.prefix + text }
    for (const empty of ['', 'whsec_'].slice(0, endpoint === standardWebhooks ? 2 : 1)) {
      const target = { ...endpoint, signature: signedContent }
      const verification = verify(target, [secret(empty)], headers, levyBody, swTime * 1000)
      assert.equal(outcome(verification), 'bad_signature')
    }
  }
})

test('bodies that differ only in invalid UTF-8 have different signatures', () => {
  // python3: hmac.new(b'levy-secret', bytes([0x7b, 0xff, 0x7d]), 'sha256').hexdigest()
  const mac = '22e1500b94ad8be01f41a6c23c56b88b77fac1cc664b968cf2a6d8fb2b6a1d73'
  const headers = { 'x-levy-signature': `sha256=${mac}` }
  const secrets = [secret('levy-secret')]
  assert.equal(outcome(verify(levy, secrets, headers, Uint8Array.of(0x7b, 0xff, 0x7d))), 'ok')
  assert.equal(
    outcome(verify(levy, secrets, headers, Uint8Array.of(0x7b, 0xfe, 0x7d))),
    'bad_signature',
  )
})

const templateCases: readonly [string, RequestHeaders, number, string][] = [
  ['60 s later it is fresh', { 'x-time': '1700000000' }, 1_700_000_060_000, 'ok'],
  ['61 s later it is stale', { 'x-time': '1700000000' }, 1_700_000_061_000, 'stale'],
  ['60 s early it is fresh', { 'x-time': '1700000000' }, 1_699_999_940_000, 'ok'],
  ['61 s early it is stale', { 'x-time': '1700000000' }, 1_699_999_939_000, 'stale'],
  ['another timestamp', { 'x-time': '1700000001' }, 1_700_000_000_000, 'bad_signature'],
  ['no timestamp', {}, 1_700_000_000_000, 'missing_signature'],
  ['two timestamps', { 'x-time': ['1700000000', '1700000000'] }, 1.7e12, 'bad_signature'],
]
for (const [name, headers, nowMs, expected] of templateCases) {
  test(`a generic signature over a timestamp header: ${name}`, () => {
    const signed = { ...headers, 'x-signature': templateBase64 }
    assert.equal(
      outcome(verify(template, [secret('levy-secret')], signed, levyBody, nowMs)),
      expected,
    )
  })
}

test('base64 has one accepted text: no missing padding, no unused bits, no other alphabet', () => {
  const others = [
    templateBase64.slice(0, -1),
    templateBase64.replace('6tY=', '6tZ='),
    templateBase64.replace('+', '-').replace('/', '_'),
    `${templateBase64}=`,
    `${templateBase64}AAAA`,
  ]
  for (const text of others) {
    const headers = { 'x-signature': text, 'x-time': '1700000000' }
    assert.equal(
      outcome(verify(template, [secret('levy-secret')], headers, levyBody, 1.7e12)),
      'bad_signature',
      text,
    )
  }
})

test('a timestamp may be milliseconds or RFC 3339 where the sender writes it so', () => {
  for (const timestamp of ['1700000000', '1700000000123', '2023-11-14T22:13:20Z']) {
    const text = Buffer.concat([bytes(`${timestamp}.`), levyBody])
    const mac = Buffer.from(platform.hmac('sha256', bytes('levy-secret'), text))
    const headers = { 'x-signature': mac.toString('base64'), 'x-time': timestamp }
    const secrets = [secret('levy-secret')]
    assert.equal(outcome(verify(template, secrets, headers, levyBody, 1_700_000_060_000)), 'ok')
    assert.equal(outcome(verify(template, secrets, headers, levyBody, 1_700_000_099_000)), 'stale')
  }
})

// The table of the reference libraries' own test, and the traps beside it.
const swCases: readonly [string, Partial<Record<string, string | string[]>>, number, string][] = [
  ['no id', { 'webhook-id': undefined }, 0, 'missing_signature'],
  ['an empty id', { 'webhook-id': '' }, 0, 'missing_signature'],
  ['no timestamp', { 'webhook-timestamp': undefined }, 0, 'missing_signature'],
  ['an empty timestamp', { 'webhook-timestamp': '' }, 0, 'missing_signature'],
  ['no signature', { 'webhook-signature': undefined }, 0, 'missing_signature'],
  ['an empty signature', { 'webhook-signature': '' }, 0, 'missing_signature'],
  ['another id', { 'webhook-id': 'msg_other' }, 0, 'bad_signature'],
  ['an id with a dot', { 'webhook-id': 'msg.1' }, 0, 'bad_signature'],
  ['the id twice', { 'webhook-id': ['a', 'b'] }, 0, 'bad_signature'],
  ['another timestamp', { 'webhook-timestamp': String(swTime + 1) }, 0, 'bad_signature'],
  ['a version without value', { 'webhook-signature': 'v1,' }, 0, 'bad_signature'],
  ['a value without version', { 'webhook-signature': swSignature.slice(3) }, 0, 'bad_signature'],
  [
    'only an unknown version',
    { 'webhook-signature': `v2,${swSignature.slice(3)}` },
    0,
    'bad_signature',
  ],
  ['a cut-off signature', { 'webhook-signature': swSignature.slice(0, -5) }, 0, 'bad_signature'],
  ['the signature twice', { 'webhook-signature': [swSignature, swSignature] }, 0, 'bad_signature'],
  [
    'twice, joined by a parser',
    { 'webhook-signature': `v1,AAAA, ${swSignature}` },
    0,
    'bad_signature',
  ],
  [
    'more than 16 signatures',
    { 'webhook-signature': `${'v1,AAAA '.repeat(16)}${swSignature}` },
    0,
    'bad_signature',
  ],
  [
    'a valid one after others',
    { 'webhook-signature': `v1,AAAA v2,AAAA v1a,AAAA ${swSignature}` },
    0,
    'ok',
  ],
  ['300 s later', {}, 300_000, 'ok'],
  ['300 s early', {}, -300_000, 'ok'],
  ['301 s later', {}, 301_000, 'stale'],
  ['301 s early', {}, -301_000, 'stale'],
]
for (const [name, changed, laterMs, expected] of swCases) {
  test(`a Standard Webhooks delivery with ${name}: ${expected}`, () => {
    const headers: Record<string, string | readonly string[] | undefined> = {
      ...swHeaders,
      ...changed,
    }
    const nowMs = swTime * 1000 + laterMs
    assert.equal(
      outcome(verify(standardWebhooks, [secret(swSecret)], headers, swBody, nowMs)),
      expected,
    )
  })
}

test('a Standard Webhooks timestamp that is not all digits is refused, however it is signed', () => {
  for (const timestamp of ['hello', '1614265330abc', '1614265330.0', '-1614265330', '0x60381b72']) {
    const content = Buffer.concat([bytes(`msg_1.${timestamp}.`), swBody])
    const mac = Buffer.from(platform.hmac('sha256', bytes('plain'), content)).toString('base64')
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${mac}`,
    }
    const verification = verify(standardWebhooks, [secret('plain')], headers, swBody, swTime * 1000)
    assert.equal(verification.ok, false)
  }
})

test('the same secret with and without whsec_ is two different keys', () => {
  const bare = secret(swSecret.slice('whsec_'.length))
  assert.equal(
    outcome(verify(standardWebhooks, [bare], swHeaders, swBody, swTime * 1000)),
    'bad_signature',
  )
  const decoded = { ...secret(''), key: Buffer.from(swSecret.slice(6), 'base64') }
  assert.equal(outcome(verify(standardWebhooks, [decoded], swHeaders, swBody, swTime * 1000)), 'ok')
})

test('a whsec_ secret that is no base64 verifies nothing and does not throw', () => {
  const broken = [secret('whsec_***'), secret('whsec_')]
  assert.equal(
    outcome(verify(standardWebhooks, broken, swHeaders, swBody, swTime * 1000)),
    'bad_signature',
  )
})

test('staleness is told only of a valid signature', () => {
  const late = swTime * 1000 + 10_000_000
  const headers = { ...swHeaders, 'webhook-signature': `v1,${'A'.repeat(43)}=` }
  assert.equal(
    outcome(verify(standardWebhooks, [secret(swSecret)], headers, swBody, late)),
    'bad_signature',
  )
})

const delivery = { id: 'msg_1', nowMs: swTime * 1000 }
const anyAdapter = fc.constantFrom(...everyAdapter, template, sha1)
const anyKey = fc.uint8Array({ minLength: 1, maxLength: 64 })
const anyBody = fc.uint8Array({ minLength: 1, maxLength: 300 })

test('what signDelivery signs, verifyDelivery accepts', () => {
  fc.assert(
    fc.property(anyAdapter, anyKey, fc.uint8Array(), (endpoint, key, body) => {
      const headers = signDelivery(endpoint, key, { ...delivery, body }, platform)
      assert.ok(headers !== null)
      const verification = verify(endpoint, [{ ...secret(''), key }], headers, body, delivery.nowMs)
      assert.equal(outcome(verification), 'ok')
    }),
  )
})

test('verification never throws, whatever the headers', () => {
  const anyHeaders = fc.dictionary(
    fc.constantFrom(
      'x-levy-signature',
      'x-ump-signature',
      'sc-signature',
      ...Object.keys(swHeaders),
    ),
    fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.string(), { maxLength: 3 })),
  )
  fc.assert(
    fc.property(anyAdapter, anyHeaders, anyBody, (endpoint, headers, body) => {
      assert.equal(verify(endpoint, [secret('k')], headers, body).ok, false)
    }),
  )
})

test('a header name in the configuration matches in any case', () => {
  assert.equal(levySettings.signature.header, 'X-Levy-Signature')
  assert.equal(levy.signature.header, 'x-levy-signature')
})

const patientSmartcar = endpointOf({
  adapter: 'smartcar',
  signature: { freshness_seconds: 300 },
})
const deliveredAtCases: readonly [string, unknown, string][] = [
  ['300 s ago', 1_799_999_700_000, 'ok'],
  ['301 s ago', 1_799_999_699_000, 'stale'],
  ['300 s ahead', 1_800_000_300_000, 'ok'],
  ['301 s ahead', 1_800_000_301_000, 'stale'],
  ['301 s ago as text', '2027-01-15T07:54:59Z', 'stale'],
  ['301 s ago in seconds', 1_799_999_699, 'stale'],
  ['not at all, as in a challenge', undefined, 'ok'],
  ['no time', 'yesterday', 'ok'],
]
for (const [name, deliveredAt, expected] of deliveredAtCases) {
  test(`Smartcar's freshness is that of the signed meta.deliveredAt, where it is asked for: ${name}`, () => {
    const body = bytes(JSON.stringify({ eventType: 'VEHICLE_STATE', meta: { deliveredAt } }))
    const nowMs = 1_800_000_000_000
    const headers = signDelivery(smartcar, bytes('amt'), { body, id: '', nowMs }, platform) ?? {}
    const ask = (endpoint: Endpoint): string =>
      outcome(verify(endpoint, [secret('amt')], headers, body, nowMs))
    assert.equal(ask(patientSmartcar), expected)
    assert.equal(ask(smartcar), 'ok')
  })
}
