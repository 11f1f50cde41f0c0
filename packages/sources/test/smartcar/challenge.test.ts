import assert from 'node:assert/strict'
import { test } from 'node:test'

import { platform } from '@fleet/signatures'
import fc from 'fast-check'

import { identify } from '../../src/identify.ts'
import { answerChallenge, readChallenge } from '../../src/smartcar/challenge.ts'
import { everyAdapter, smartcar } from '../endpoint-of.ts'

const bytes = (body: unknown): Uint8Array => Buffer.from(JSON.stringify(body))

const v4 = {
  eventType: 'VERIFY',
  eventId: 'e1',
  data: { challenge: 'abc-DEF_123' },
  meta: { version: '4.0', webhookId: 'w1' },
}
const v2 = {
  version: '2.0',
  webhookId: 'w1',
  eventName: 'verify',
  payload: { challenge: 'abc-DEF_123' },
}

test('the answer is the HMAC of the challenge, by the vector of the vendor', () => {
  // Smartcar's public SDK tests: token "amt", challenge "challenge".
  assert.equal(
    answerChallenge('challenge', Buffer.from('amt'), platform),
    '9baf5a7464bd86740ad5a06e439dcf535a075022ed2c92d74efacf646d79328e',
  )
})

for (const [version, body] of [
  ['v4', v4],
  ['v2', v2],
] as const) {
  test(`a ${version} challenge is recognized, signed and unsigned`, () => {
    const identified = identify(smartcar, bytes(body), {}, 0, platform)
    assert.deepEqual(identified, { kind: 'challenge', challenge: 'abc-DEF_123' })
    assert.equal(readChallenge(bytes(body), platform), 'abc-DEF_123')
  })
}

const refused: readonly [string, unknown][] = [
  ['empty', ''],
  ['longer than 128 characters', 'a'.repeat(129)],
  ['a JSON body to be signed', '{"eventType":"VEHICLE_STATE"}'],
  ['with a space', 'a b'],
  ['with a line break at the end', 'abc\n'],
  ['a number', 123],
  ['missing', undefined],
]
for (const [name, challenge] of refused) {
  test(`a challenge that is ${name} is not answered`, () => {
    const body = { ...v4, data: { challenge } }
    assert.deepEqual(identify(smartcar, bytes(body), {}, 0, platform), {
      kind: 'challenge_refused',
    })
    assert.equal(readChallenge(bytes(body), platform), null)
  })
}

test('a challenge of 128 characters is answered', () => {
  const body = { ...v4, data: { challenge: 'a'.repeat(128) } }
  assert.equal(readChallenge(bytes(body), platform), 'a'.repeat(128))
})

test('an unsigned body is looked at only up to 4 KB', () => {
  const padded = (length: number): Uint8Array =>
    Buffer.concat([bytes(v4), Buffer.alloc(length - bytes(v4).length, ' ')])
  assert.equal(readChallenge(padded(4096), platform), 'abc-DEF_123')
  assert.equal(readChallenge(padded(4097), platform), null)
})

test('only a VERIFY body holds a challenge, and only for Smartcar', () => {
  assert.equal(readChallenge(bytes({ ...v4, eventType: 'VEHICLE_STATE' }), platform), null)
  for (const endpoint of everyAdapter) {
    const { kind } = identify(endpoint, bytes(v4), {}, 0, platform)
    assert.equal(kind, endpoint === smartcar ? 'challenge' : 'records')
  }
})

test('whatever is answered, it is no JSON object or array', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), challenge => {
      const answered = readChallenge(bytes({ ...v4, data: { challenge } }), platform)
      if (answered !== null) assert.match(answered, /^[A-Za-z0-9_-]{1,128}$/)
    }),
  )
})

test('reading a challenge never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array(), body => {
      readChallenge(body, platform)
    }),
  )
})
