import assert from 'node:assert/strict'
import { test } from 'node:test'

import { FleetError } from '@fleet/runtime'

import { unreachable } from '../src/errors.ts'
import { protocolErrorOf } from '../src/kafkajs.ts'
import { refusal } from '../src/refusals.ts'
import { transactionLost } from '../src/transaction-steps.ts'

/** As kafkajs wraps what a socket says. */
function connectionError(code: string, message = 'Connection error'): Error {
  return Object.assign(new Error(message), {
    name: 'KafkaJSConnectionError',
    code,
    retriable: true,
  })
}

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name })

const refusals: [string, Error, string, RegExp][] = [
  [
    'a wrong password',
    named('KafkaJSSASLAuthenticationError', 'SASL SCRAM SHA512 authentication failed'),
    'KAFKA_AUTHENTICATION',
    /FLEET_KAFKA_SASL_USERNAME, FLEET_KAFKA_SASL_MECHANISM and .*FLEET_KAFKA_SASL_PASSWORD/,
  ],
  ['an unknown mechanism', protocolErrorOf(33), 'KAFKA_AUTHENTICATION', /MECHANISM/],
  [
    'an authority that is not known',
    connectionError('SELF_SIGNED_CERT_IN_CHAIN'),
    'KAFKA_CERTIFICATE',
    /give its authority in FLEET_KAFKA_CA_FILE/,
  ],
  [
    'another host name',
    connectionError('ERR_TLS_CERT_ALTNAME_INVALID'),
    'KAFKA_CERTIFICATE',
    /connect by a name the certificate has/,
  ],
  ['an expired certificate', connectionError('CERT_HAS_EXPIRED'), 'KAFKA_CERTIFICATE', /EXPIRED/],
  [
    'a broker that wants a certificate',
    connectionError('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'),
    'KAFKA_CERTIFICATE',
    /FLEET_KAFKA_CERT_FILE/,
  ],
  [
    'a listener without TLS',
    connectionError('ERR_SSL_WRONG_VERSION_NUMBER'),
    'KAFKA_CERTIFICATE',
    /does not speak TLS/,
  ],
  [
    'a key of another certificate',
    connectionError('ERR_OSSL_X509_KEY_VALUES_MISMATCH'),
    'KAFKA_CERTIFICATE',
    /FLEET_KAFKA_KEY_FILE/,
  ],
  ['a topic', protocolErrorOf(29), 'KAFKA_AUTHORIZATION', /fleet acls plan/],
  ['a group', protocolErrorOf(30), 'KAFKA_AUTHORIZATION', /a consumer group/],
  ['the cluster', protocolErrorOf(31), 'KAFKA_AUTHORIZATION', /the cluster/],
  ['a transactional id', protocolErrorOf(53), 'KAFKA_AUTHORIZATION', /a transactional id/],
]

for (const [what, error, code, message] of refusals) {
  test(`${what}: ${code}, fatal, with what to do, however deep it lies`, () => {
    for (const thrown of [error, new Error('outer', { cause: new Error('x', { cause: error }) })]) {
      const refused = refusal(thrown)
      assert.equal(refused?.code, code)
      assert.equal(refused.fate, 'fatal')
      assert.match(refused.message, message)
    }
  })
}

const passing: [string, unknown][] = [
  ['a refused connection', connectionError('ECONNREFUSED')],
  ['a reset in the handshake', connectionError('ECONNRESET')],
  ['a leader that moved', protocolErrorOf(6)],
  ['a fenced producer', protocolErrorOf(47)],
  ['no error', undefined],
]
for (const [what, error] of passing) {
  test(`${what} is no refusal: waiting mends it, or it has a code of its own`, () => {
    assert.equal(refusal(error), null)
  })
}

test('a chain of causes that bites its tail ends', () => {
  const error = new Error('a')
  error.cause = error
  assert.equal(refusal(error), null)
})

test('a transaction refused for a missing right is not repeated', () => {
  const produced = new Error('refused with error 29', { cause: protocolErrorOf(29) })
  assert.equal(transactionLost('t', 'produce', produced).fate, 'fatal')
  assert.equal(transactionLost('t', 'produce', protocolErrorOf(47)).code, 'TRANSACTION_LOST')
})

test('who is refused is not told that nobody answers', () => {
  assert.equal(unreachable(['a:1'], protocolErrorOf(31)).code, 'KAFKA_AUTHORIZATION')
  const away = unreachable(['a:1'], connectionError('ECONNREFUSED'))
  assert.ok(away instanceof FleetError && away.code === 'KAFKA_UNREACHABLE')
  assert.match(away.message, /is it running\?$/)
})

test('a listener that closes the connection without a word makes one ask for the protocol', () => {
  const closed = named('KafkaJSConnectionClosedError', 'Closed connection')
  assert.match(unreachable(['a:1'], closed).message, /does FLEET_KAFKA_SECURITY fit its listener\?/)
})
