import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { FleetError } from '@fleet/runtime'
import { kafkaConnection, platformSettings, redacted } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'fleet-config-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const caFile = join(folder, 'ca.pem')
const certFile = join(folder, 'client.pem')
const keyFile = join(folder, 'client-key.pem')
const storeFile = join(folder, 'store.jks')
mkdirSync(join(folder, 'secrets'))
writeFileSync(caFile, '-----BEGIN CERTIFICATE-----\nca\n')
writeFileSync(certFile, '-----BEGIN CERTIFICATE-----\nclient\n')
writeFileSync(keyFile, '-----BEGIN PRIVATE KEY-----\nkey\n')
writeFileSync(storeFile, Buffer.from([0xfe, 0xed, 0xfe, 0xed]))
writeFileSync(join(folder, 'secrets', 'kafka-password'), 'hunter2\n')

const sasl = {
  FLEET_DATA_DIR: folder,
  FLEET_KAFKA_SECURITY: 'sasl_ssl',
  FLEET_KAFKA_SASL_USERNAME: 'fleet-processor',
  FLEET_KAFKA_SASL_PASSWORD: 'file:kafka-password',
}

function connectionOf(env: Record<string, string>) {
  return kafkaConnection(platformSettings(env), 'test', env)
}

test('without settings the connection is plaintext and has no credentials', () => {
  assert.deepEqual(connectionOf({}), { brokers: ['127.0.0.1:9092'], clientId: 'test' })
})

test('sasl_ssl brings user, password from its reference, and the authorities', () => {
  assert.deepEqual(connectionOf({ ...sasl, FLEET_KAFKA_CA_FILE: caFile }), {
    brokers: ['127.0.0.1:9092'],
    clientId: 'test',
    ssl: { ca: Buffer.from('-----BEGIN CERTIFICATE-----\nca\n') },
    sasl: { mechanism: 'scram-sha-512', username: 'fleet-processor', password: 'hunter2' },
  })
})

test('without an authority of its own TLS trusts those Node trusts', () => {
  assert.equal(connectionOf(sasl).ssl, true)
})

test('the password may come from a variable of its own', () => {
  const env = { ...sasl, FLEET_KAFKA_SASL_PASSWORD: 'env:KAFKA_PASSWORD', KAFKA_PASSWORD: 'abc' }
  assert.equal(connectionOf(env).sasl?.password, 'abc')
})

test('mutual TLS brings certificate and key, and needs no SASL', () => {
  const { ssl, sasl: credentials } = connectionOf({
    FLEET_KAFKA_SECURITY: 'ssl',
    FLEET_KAFKA_CERT_FILE: certFile,
    FLEET_KAFKA_KEY_FILE: keyFile,
  })
  assert.deepEqual(Object.keys(ssl === true ? {} : (ssl ?? {})), ['cert', 'key'])
  assert.equal(credentials, undefined)
})

test("Kafka's own spelling in capitals is understood", () => {
  const { kafkaSecurity } = platformSettings({
    ...sasl,
    FLEET_KAFKA_SECURITY: 'SASL_SSL',
    FLEET_KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256',
  })
  assert.equal(kafkaSecurity.protocol, 'sasl_ssl')
  assert.equal(kafkaSecurity.sasl?.mechanism, 'scram-sha-256')
})

test('a logged copy of the settings has neither the password nor its reference', () => {
  const shown = JSON.stringify(redacted(platformSettings(sasl)))
  assert.doesNotMatch(shown, /hunter2|kafka-password/)
})

const production = { FLEET_MODE: 'production', FLEET_KAFKA_BROKERS: 'kafka.example:9093' }
const wrong: [string, Record<string, string>, RegExp][] = [
  ['SASL without a user', { ...sasl, FLEET_KAFKA_SASL_USERNAME: '' }, /SASL_USERNAME is missing/],
  ['SASL without a password', { ...sasl, FLEET_KAFKA_SASL_PASSWORD: '' }, /PASSWORD is missing/],
  [
    'a password in place of its reference',
    { ...sasl, FLEET_KAFKA_SASL_PASSWORD: 'hunter2' },
    /FLEET_KAFKA_SASL_PASSWORD must be a reference, file:<name> or env:<NAME>/,
  ],
  [
    'a user that would not be used',
    { FLEET_KAFKA_SASL_USERNAME: 'fleet-processor' },
    /FLEET_KAFKA_SECURITY=plaintext does not use it; set FLEET_KAFKA_SECURITY=sasl_ssl/,
  ],
  [
    'authorities that would not be used',
    { FLEET_KAFKA_CA_FILE: caFile },
    /FLEET_KAFKA_CA_FILE is set, .*; set FLEET_KAFKA_SECURITY=ssl or take it away/,
  ],
  [
    'a certificate without its key',
    { FLEET_KAFKA_SECURITY: 'ssl', FLEET_KAFKA_CERT_FILE: certFile },
    /belong together; set both/,
  ],
  ['an unknown protocol', { FLEET_KAFKA_SECURITY: 'tls' }, /must be one of plaintext, ssl, sasl_/],
  ['an unknown mechanism', { FLEET_KAFKA_SASL_MECHANISM: 'gssapi' }, /must be one of plain, scram/],
  [
    'production in plaintext off loopback',
    production,
    /not encrypted .* refused in production; set FLEET_KAFKA_SECURITY=sasl_ssl .*PLAINTEXT_ALLOWED=true/,
  ],
  [
    'production with a password off loopback without TLS',
    { ...production, ...sasl, FLEET_KAFKA_SECURITY: 'sasl_plaintext' },
    /FLEET_KAFKA_SECURITY=sasl_plaintext is not encrypted/,
  ],
]
for (const [what, env, message] of wrong) {
  test(`${what} is refused with what to do, and no value is repeated`, () => {
    assert.throws(
      () => platformSettings(env),
      (error: unknown) => {
        assert.ok(error instanceof FleetError && error.code === 'CONFIG')
        assert.match(error.message, message)
        assert.doesNotMatch(error.message, /hunter2/)
        return true
      },
    )
  })
}

test('production takes TLS, loopback, or plaintext that was allowed by name', () => {
  for (const env of [
    { ...production, ...sasl },
    { FLEET_MODE: 'production' },
    { FLEET_MODE: 'production', FLEET_KAFKA_BROKERS: 'localhost:9092,[::1]:9093' },
    { ...production, FLEET_KAFKA_PLAINTEXT_ALLOWED: 'true' },
  ]) {
    assert.equal(platformSettings(env).mode, 'production')
  }
})

const unreadable: [string, Record<string, string>, string, RegExp][] = [
  [
    'an authority file that is not there',
    { ...sasl, FLEET_KAFKA_CA_FILE: join(folder, 'none.pem') },
    'CONFIG',
    /FLEET_KAFKA_CA_FILE can not be read: ENOENT/,
  ],
  [
    'a Java store in place of PEM',
    { ...sasl, FLEET_KAFKA_CA_FILE: storeFile },
    'CONFIG',
    /is not a PEM file; convert a Java store with keytool/,
  ],
  [
    'a password file that is not there',
    { ...sasl, FLEET_KAFKA_SASL_PASSWORD: 'file:other' },
    'SECRET_UNAVAILABLE',
    /file:other/,
  ],
]
for (const [what, env, code, message] of unreadable) {
  test(`${what} is named before anything connects`, () => {
    assert.throws(() => connectionOf(env), { name: 'FleetError', code, message })
  })
}
