import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { accept } from '../../src/core/accept.ts'
import type { DeliveryFacts, UnsignedChallenge, Verification } from '../../src/core/accept.ts'
import type { Taken } from '../../src/core/token-bucket.ts'

const allowed: Taken = { allowed: true }
const limited: Taken = { allowed: false, retryAfterSeconds: 3 }
const good: Verification = { ok: true, keyId: 'k1', scheme: 'generic/hmac-sha256' }

interface Case {
  encodings: string[]
  address: Taken
  endpoint: { bodyBytesMax: number | null } | null
  verification: Verification
  unsigned: UnsignedChallenge
  endpointToken: Taken
  bodyBytes: number
}

const fine: Case = {
  encodings: [],
  address: allowed,
  endpoint: { bodyBytesMax: null },
  verification: good,
  unsigned: { kind: 'none' },
  endpointToken: allowed,
  bodyBytes: 10,
}

function judge(overrides: Partial<Case>) {
  const given = { ...fine, ...overrides }
  const asked: string[] = []
  const facts: DeliveryFacts = {
    contentEncodings: given.encodings,
    bodyBytes: given.bodyBytes,
    endpoint: given.endpoint,
    verify: () => {
      asked.push('signature')
      return given.verification
    },
    readUnsignedChallenge: () => {
      asked.push('challenge')
      return given.unsigned
    },
  }
  const steps = accept(facts)
  let step = steps.next()
  while (step.done !== true) {
    asked.push(step.value)
    step = steps.next(step.value === 'address' ? given.address : given.endpointToken)
  }
  return { acceptance: step.value, asked }
}

const bad = (reason: 'missing_signature' | 'bad_signature' | 'stale'): Verification => ({
  ok: false,
  reason,
})
const refusal = (
  problem: string,
  reason: string | null,
  retryAfterSeconds: number | null = null,
) => ({
  kind: 'refused',
  problem,
  reason,
  retryAfterSeconds,
})

const cases: [string, Partial<Case>, object, string[]][] = [
  [
    'all is well',
    {},
    { kind: 'verified', keyId: 'k1', scheme: 'generic/hmac-sha256' },
    ['address', 'signature', 'endpoint'],
  ],
  ['encoded', { encodings: ['gzip'], address: limited }, refusal('unsupported_encoding', null), []],
  [
    'address over its limit',
    { address: limited, endpoint: null },
    refusal('rate_limited', 'rate_limited', 3),
    ['address'],
  ],
  [
    'unknown endpoint',
    { endpoint: null, verification: good },
    refusal('unauthorized', 'unknown_endpoint'),
    ['address', 'signature'],
  ],
  [
    'bad signature',
    { verification: bad('bad_signature'), endpointToken: limited },
    refusal('unauthorized', 'bad_signature'),
    ['address', 'signature'],
  ],
  [
    'no signature',
    { verification: bad('missing_signature') },
    refusal('unauthorized', 'missing_signature'),
    ['address', 'signature', 'challenge'],
  ],
  [
    'unsigned bad challenge',
    { verification: bad('missing_signature'), unsigned: { kind: 'challenge_refused' } },
    refusal('unauthorized', 'challenge_refused'),
    ['address', 'signature', 'challenge'],
  ],
  [
    'unsigned challenge',
    { verification: bad('missing_signature'), unsigned: { kind: 'challenge', challenge: 'c' } },
    { kind: 'unsigned_challenge', challenge: 'c' },
    ['address', 'signature', 'challenge'],
  ],
  [
    'too large for the endpoint',
    { endpoint: { bodyBytesMax: 9 }, endpointToken: limited },
    refusal('body_too_large', 'body_too_large'),
    ['address', 'signature'],
  ],
  [
    'exactly as large',
    { endpoint: { bodyBytesMax: 10 } },
    { kind: 'verified', keyId: 'k1', scheme: 'generic/hmac-sha256' },
    ['address', 'signature', 'endpoint'],
  ],
  [
    'stale, and over the endpoint limit',
    { verification: bad('stale'), endpointToken: limited },
    refusal('rate_limited', 'rate_limited', 3),
    ['address', 'signature', 'endpoint'],
  ],
  [
    'stale',
    { verification: bad('stale') },
    refusal('unauthorized', 'stale'),
    ['address', 'signature', 'endpoint'],
  ],
]
for (const [name, overrides, expected, order] of cases) {
  test(`${name}: asked in order ${order.join(', ') || 'nothing'}`, () => {
    const { acceptance, asked } = judge(overrides)
    assert.deepEqual(acceptance, expected)
    assert.deepEqual(asked, order)
  })
}

const encodings: [string[], boolean][] = [
  [[], true],
  [[''], true],
  [['identity'], true],
  [['IDENTITY'], true],
  [['identity', 'identity'], true],
  [['identity, identity'], true],
  [['gzip'], false],
  [['identity, gzip'], false],
  [['identity', 'gzip'], false],
  [['x-identity'], false],
]
for (const [given, isTaken] of encodings) {
  test(`Content-Encoding ${JSON.stringify(given)} is ${isTaken ? 'taken' : '415'}`, () => {
    assert.equal(judge({ encodings: given }).acceptance.kind === 'verified', isTaken)
  })
}

test('without a valid signature nothing is verified, whatever else is true', () => {
  const taken = fc.constantFrom(allowed, limited)
  fc.assert(
    fc.property(
      fc.record({
        address: taken,
        endpointToken: taken,
        endpoint: fc.constantFrom(null, { bodyBytesMax: null }, { bodyBytesMax: 5 }),
        verification: fc.constantFrom(bad('missing_signature'), bad('bad_signature'), bad('stale')),
        unsigned: fc.constantFrom<UnsignedChallenge>(
          { kind: 'none' },
          { kind: 'challenge_refused' },
          { kind: 'challenge', challenge: 'c' },
        ),
        bodyBytes: fc.nat(20),
      }),
      given => judge(given).acceptance.kind !== 'verified',
    ),
  )
})
