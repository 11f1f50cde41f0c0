// The rules of the edge's settings: what production refuses, and what must hold between limits.

import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { platformSettings } from '../src/index.ts'
import type { Listening } from '../src/index.ts'

const tls = { FLEET_TLS_CERT_FILE: './c.pem', FLEET_TLS_KEY_FILE: './k.pem' }
const proxies = { FLEET_TRUSTED_PROXIES: '10.0.0.0/8' }

const offLoopback: [string, Record<string, string>, Listening, RegExp | null][] = [
  ['nothing said', {}, 'http', /FLEET_HOST .* FLEET_TRUSTED_PROXIES$/m],
  [
    'nothing said, could speak TLS',
    {},
    'https',
    /FLEET_TRUSTED_PROXIES, or set FLEET_TLS_CERT_FILE/,
  ],
  ['TLS files, but a service that speaks plain HTTP', tls, 'http', /FLEET_HOST /],
  ['TLS files', tls, 'https', null],
  ['a trusted proxy', proxies, 'http', null],
  ['a trusted proxy before what could speak TLS', proxies, 'https', null],
  ['a program that listens nowhere', {}, 'nothing', null],
]
for (const [name, env, listening, problem] of offLoopback) {
  test(`production off loopback, ${name}: ${problem === null ? 'starts' : 'refused'}`, () => {
    const start = () =>
      platformSettings({ FLEET_MODE: 'production', FLEET_HOST: '0.0.0.0', ...env }, listening)
    if (problem === null) assert.equal(start().host, '0.0.0.0')
    else assert.throws(start, problem)
  })
}

test('certificate and key are absolute, and belong together', () => {
  assert.deepEqual(platformSettings(tls).ingest.tls, {
    certFile: resolve('c.pem'),
    keyFile: resolve('k.pem'),
  })
  const { FLEET_TLS_CERT_FILE } = tls
  assert.throws(() => platformSettings({ FLEET_TLS_CERT_FILE }), /FLEET_TLS_KEY_FILE is missing/)
})

test('limits that contradict each other are refused', () => {
  const contradiction = { FLEET_INGEST_HEADER_MS: '20000', FLEET_INGEST_IDLE_MS: '8000' }
  assert.throws(
    () => platformSettings(contradiction),
    /2 settings are wrong:\n {2}FLEET_INGEST_HEADER_MS .*\n {2}FLEET_INGEST_IDLE_MS /,
  )
})

const networks: [string, string[] | null][] = [
  ['10.0.0.0/8', ['10.0.0.0/8']],
  ['10.1.2.3', ['10.1.2.3/32']],
  ['10.0.0.0/8, fd00::/8', ['10.0.0.0/8', 'fd00::/8']],
  ['::1', ['::1/128']],
  ['10.0.0.0/33', null],
  ['fd00::/129', null],
  ['10.0.0/8', null],
  ['10.0.0.0/', null],
  ['10.0.0.0/8/8', null],
  ['proxy.example', null],
  ['10.0.0.0/8,', null],
]
for (const [given, expected] of networks) {
  test(`trusted proxies "${given}": ${expected === null ? 'refused' : expected.join(' ')}`, () => {
    const read = () => platformSettings({ FLEET_TRUSTED_PROXIES: given }).ingest.trustedProxies
    if (expected === null) assert.throws(read, /FLEET_TRUSTED_PROXIES must be networks/)
    else assert.deepEqual(read(), expected)
  })
}
