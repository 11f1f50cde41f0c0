// Every single bit of what a signature covers, of the signature and of the key, for every scheme: one
// delivery of each is changed in every bit there is, and random ones in a random bit.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { platform } from '@fleet/signatures'
import fc from 'fast-check'

import type { Endpoint } from '../src/endpoint.ts'
import { signDelivery } from '../src/sign.ts'
import { endpointOf, levy, smartcar, standardWebhooks, ump } from './endpoint-of.ts'
import { signedHeaders, signerOf } from './sign-publicly.ts'
import { outcome, secret, verify } from './verifying.ts'

const seconds = 1_700_000_000
const id = 'msg_1'

interface Signed {
  readonly headers: Record<string, string>
  readonly key: Uint8Array
}

interface Scheme {
  readonly name: string
  readonly endpoint: Endpoint
  /** Upper-case digits are the same digits. */
  readonly isHex: boolean
  sign(seed: Uint8Array, body: Uint8Array): Signed
}

function macScheme(name: string, endpoint: Endpoint): Scheme {
  return {
    name,
    endpoint,
    isHex: endpoint.signature.encoding === 'hex',
    sign(seed, body) {
      const delivery = { id, nowMs: seconds * 1000, body }
      const headers = signDelivery(endpoint, seed, delivery, platform)
      assert.ok(headers !== null)
      return { headers, key: seed }
    },
  }
}

const generic = (signature: Record<string, unknown>): Endpoint =>
  endpointOf({ signature: { header: 'x-signature', ...signature } })

const schemes: readonly Scheme[] = [
  macScheme('generic, hex with a prefix', levy),
  macScheme(
    'generic, base64 over timestamp and body',
    generic({
      encoding: 'base64',
      signed_content: '{timestamp}.{body}',
      timestamp_header: 'x-time',
      freshness_seconds: 60,
    }),
  ),
  macScheme(
    'generic, base64url over id, timestamp and body',
    generic({
      encoding: 'base64url',
      signed_content: 'v1:{id}:{timestamp}:{body}',
      timestamp_header: 'x-time',
      id_header: 'x-delivery',
    }),
  ),
  macScheme('generic, SHA-1', generic({ algorithm: 'hmac-sha1', prefix: 'sha1=' })),
  macScheme('ump', ump),
  macScheme('smartcar', smartcar),
  macScheme('standard-webhooks v1', standardWebhooks),
  {
    name: 'standard-webhooks v1a',
    endpoint: standardWebhooks,
    isHex: false,
    sign(seed, body) {
      const signer = signerOf(seed)
      return {
        headers: signedHeaders(signer, body, { id, seconds }),
        key: Buffer.from(signer.publicSecret),
      }
    },
  },
]

function ask({ endpoint }: Scheme, { headers, key }: Signed, body: Uint8Array): string {
  return outcome(verify(endpoint, [{ ...secret(''), key }], headers, body, seconds * 1000))
}

function withFlippedBit(original: Uint8Array, position: number): Uint8Array {
  const bit = position % (original.length * 8)
  const copy = Uint8Array.from(original)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}

function withFlippedHeader(signed: Signed, name: string, position: number): Signed {
  const value = Buffer.from(signed.headers[name] ?? '', 'latin1')
  const changed = Buffer.from(withFlippedBit(value, position)).toString('latin1')
  return { ...signed, headers: { ...signed.headers, [name]: changed } }
}

/** The case of a hex digit is the only bit without a meaning. */
function isSameHex(scheme: Scheme, name: string, before: Signed, after: Signed): boolean {
  const { header, prefix } = scheme.endpoint.signature
  if (!scheme.isHex || name !== header) return false
  const [old = '', changed = ''] = [before.headers[name], after.headers[name]]
  const start = old.startsWith(prefix) ? prefix.length : 0
  const isDigitsOnly = old.slice(0, start) === changed.slice(0, start)
  return isDigitsOnly && old.toLowerCase() === changed.toLowerCase()
}

const exampleSeed = Uint8Array.from({ length: 32 }, (_, i) => i * 7 + 1)
const exampleBody = Buffer.from('{"event_id":"evt_1","event_type":"reservation.created"}')

for (const scheme of schemes) {
  const signed = scheme.sign(exampleSeed, exampleBody)

  test(`${scheme.name}: unchanged it is accepted`, () => {
    assert.equal(ask(scheme, signed, exampleBody), 'ok')
  })

  test(`${scheme.name}: no bit of the body can be changed`, () => {
    for (let bit = 0; bit < exampleBody.length * 8; bit++) {
      assert.equal(ask(scheme, signed, withFlippedBit(exampleBody, bit)), 'bad_signature', `${bit}`)
    }
  })

  test(`${scheme.name}: no bit of a header can be changed, but for the case of a hex digit`, () => {
    let sameHex = 0
    for (const [name, value] of Object.entries(signed.headers)) {
      for (let bit = 0; bit < value.length * 8; bit++) {
        const changed = withFlippedHeader(signed, name, bit)
        const isSame = isSameHex(scheme, name, signed, changed)
        sameHex += isSame ? 1 : 0
        const expected = isSame ? 'ok' : 'bad_signature'
        assert.equal(ask(scheme, changed, exampleBody), expected, `${name}, bit ${bit}`)
      }
    }
    assert.equal(sameHex > 0, scheme.isHex)
  })

  test(`${scheme.name}: no bit of the key can be changed`, () => {
    for (let bit = 0; bit < signed.key.length * 8; bit++) {
      const changed = { ...signed, key: withFlippedBit(signed.key, bit) }
      assert.equal(ask(scheme, changed, exampleBody), 'bad_signature', `${bit}`)
    }
  })
}

test('no bit of any body, header or key can be changed, whatever they are', () => {
  const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const bodies = fc.uint8Array({ minLength: 1, maxLength: 300 })
  fc.assert(
    fc.property(
      fc.constantFrom(...schemes),
      seeds,
      bodies,
      fc.nat(),
      fc.constantFrom('body', 'key', 'header'),
      (scheme, seed, body, position, what) => {
        // A prefix of Standard Webhooks would make the seed mean something else.
        fc.pre(!Buffer.from(seed).toString('latin1').startsWith('wh'))
        const signed = scheme.sign(seed, body)
        assert.equal(ask(scheme, signed, body), 'ok')
        if (what === 'body') {
          assert.equal(ask(scheme, signed, withFlippedBit(body, position)), 'bad_signature')
        } else if (what === 'key') {
          const changed = { ...signed, key: withFlippedBit(signed.key, position) }
          assert.equal(ask(scheme, changed, body), 'bad_signature')
        } else {
          const names = Object.keys(signed.headers)
          const name = names[position % names.length] ?? ''
          const changed = withFlippedHeader(signed, name, position)
          fc.pre(!isSameHex(scheme, name, signed, changed))
          assert.notEqual(ask(scheme, changed, body), 'ok')
        }
      },
    ),
    { numRuns: 1000 },
  )
})
