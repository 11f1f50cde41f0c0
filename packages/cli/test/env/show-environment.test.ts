import assert from 'node:assert/strict'
import { test } from 'node:test'
import { platformSettings } from '@fleet/config'
import { allTopics } from '@fleet/contracts'
import { parseEndpoints } from '@fleet/sources'
import { describeEnvironment } from '../../src/env/show-environment.ts'

const endpoint = {
  id: 'e1',
  tenant_id: 't',
  source: 's',
  adapter: 'ump',
  enabled: true,
  secrets: [{ id: 'k1', ref: 'file:e1.k1' }],
}

function environment(env: Record<string, string>, ref = 'file:e1.k1') {
  const file = { version: 1, endpoints: [{ ...endpoint, secrets: [{ id: 'k1', ref }] }] }
  const reading = parseEndpoints(JSON.stringify(file), 'development')
  assert.ok(reading.ok)
  return describeEnvironment(platformSettings(env), reading.endpoints)
}

test('the object has the fields others rely on', () => {
  assert.deepEqual(Object.keys(environment({})), [
    'mode',
    'data_dir',
    'brokers',
    'registry_url',
    'redis_url',
    'ingest_url',
    'api_url',
    'partitions',
    'topics',
    'endpoints_file',
    'provenance_keys_file',
    'dedupe_window_hours',
    'max_skew_seconds',
    'state_horizon_days',
    'endpoints',
  ])
  const { topics } = environment({})
  assert.equal(Object.keys(topics).length, allTopics.length)
  assert.equal(topics['raw'], allTopics[0]?.name)
})

test('the secret is named by its file, absolute, and never shown', () => {
  const data = { FLEET_DATA_DIR: '/tmp/data' }
  assert.deepEqual(environment(data).endpoints, [
    {
      id: 'e1',
      tenant_id: 't',
      source: 's',
      adapter: 'ump',
      secret_file: '/tmp/data/secrets/e1.k1',
    },
  ])
  assert.equal(environment(data, 'file:/run/k').endpoints[0]?.secret_file, '/run/k')
  assert.equal(environment(data, 'env:KEY').endpoints[0]?.secret_file, null)
})

test('addresses are what a caller on this machine uses', () => {
  const everywhere = environment({ FLEET_HOST: '0.0.0.0', FLEET_INGEST_PORT: '8123' })
  assert.equal(everywhere.ingest_url, 'http://127.0.0.1:8123')
  assert.equal(environment({ FLEET_HOST: '::1' }).api_url, 'http://[::1]:8090')
})

test('a password in an address is not shown', () => {
  const { redis_url: url } = environment({ FLEET_REDIS_URL: 'redis://user:secret@host:1/0' })
  assert.doesNotMatch(url, /secret/)
})
