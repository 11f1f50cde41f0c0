import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { platformSettings, redacted } from '../src/index.ts'

test('the defaults are those of development', () => {
  assert.deepEqual(platformSettings({}), {
    mode: 'development',
    environment: 'local',
    dataDir: resolve('.fleet'),
    host: '127.0.0.1',
    kafkaBrokers: ['127.0.0.1:9092'],
    kafkaPort: 9092,
    kafkaSecurity: { protocol: 'plaintext', tls: null, sasl: null },
    registryUrl: 'http://127.0.0.1:8081/apis/ccompat/v7',
    registryPort: 8081,
    redisUrl: 'redis://127.0.0.1:6390/0',
    redisPort: 6390,
    ingestPort: 8080,
    apiPort: 8090,
    partitions: 6,
    endpointsFile: resolve('infra/local/endpoints.json'),
    automationPoliciesFile: resolve('infra/local/automation-policies.json'),
    controlPlane: 'off',
    controlKeyRef: 'file:control.keys',
    cliKeyRef: 'env:FLEET_API_KEY',
    apiKeyRotateDays: 90,
    provenanceKeysFile: resolve('.fleet/secrets/provenance.json'),
    dedupeWindowHours: 168,
    maxSkewSeconds: 300,
    stateHorizonDays: 400,
    crmTaxonomyFile: resolve('services/crm-sink/taxonomy.json'),
    crmUnresolvedMax: 10_000,
    ledgerChartsFile: resolve('services/accounting-sink/charts.json'),
    ledgerMemoryDays: 400,
    seenIdsMax: 6_000_000,
    processorThreads: 2,
    latencyTargetMs: 200,
    bodyMaxBytes: 262_144,
    ingestDeadlineMs: 8000,
    ingestWorkers: 2,
    ingestAddressPerSecond: 10_000,
    ingest: {
      headerBytesMax: 16_384,
      headersMax: 100,
      headersTimeoutMs: 10_000,
      requestTimeoutMs: 15_000,
      idleTimeoutMs: 20_000,
      keepAliveMs: 65_000,
      connectionRequestsMax: 1_000_000,
      pipelinedMax: 32,
      connectionsMax: 4096,
      addressConnectionsMax: 1024,
      bodyRoomBytes: 67_108_864,
      waitingMax: 1000,
      waitMsMax: 2000,
      workAgeMsMax: 250,
      limitsRedisUrl: null,
      senderTimeoutMs: 15_000,
      trustedProxies: [],
      tls: null,
    },
    api: { url: null, tls: null, failedLoginsPerMinute: 20 },
    healthPorts: {
      processor: 9101,
      'crm-sink': 9102,
      'accounting-sink': 9103,
      'alerting-sink': 9104,
      automation: 9106,
      projector: 9105,
    },
    logLevel: 'info',
    tickSeconds: 5,
    detectorsFile: resolve('infra/alerts/detectors.json'),
  })
})

test('addresses follow the ports, the keys file follows the data folder', () => {
  const settings = platformSettings({
    FLEET_KAFKA_PORT: '19092',
    FLEET_REGISTRY_PORT: '18081',
    FLEET_REDIS_PORT: '16390',
    FLEET_DATA_DIR: '/data',
  })
  assert.deepEqual(settings.kafkaBrokers, ['127.0.0.1:19092'])
  assert.equal(settings.registryUrl, 'http://127.0.0.1:18081/apis/ccompat/v7')
  assert.equal(settings.redisUrl, 'redis://127.0.0.1:16390/0')
  assert.equal(settings.provenanceKeysFile, '/data/secrets/provenance.json')
})

test('an address given in full wins over the port', () => {
  const settings = platformSettings({
    FLEET_KAFKA_BROKERS: 'one:9092,two:9093',
    FLEET_KAFKA_PORT: '1',
    FLEET_REGISTRY_URL: 'https://registry.example/apis/ccompat/v7/',
  })
  assert.deepEqual(settings.kafkaBrokers, ['one:9092', 'two:9093'])
  assert.equal(settings.registryUrl, 'https://registry.example/apis/ccompat/v7')
})

test('production has 12 partitions and refuses plain HTTP off loopback', () => {
  assert.equal(platformSettings({ FLEET_MODE: 'production' }).partitions, 12)
  assert.throws(
    () =>
      platformSettings({
        FLEET_MODE: 'production',
        FLEET_HOST: '0.0.0.0',
        FLEET_REGISTRY_URL: 'http://registry.example',
      }),
    /2 settings are wrong:\n {2}FLEET_HOST .*\n {2}FLEET_REGISTRY_URL /,
  )
  assert.equal(platformSettings({ FLEET_HOST: '0.0.0.0' }).host, '0.0.0.0')
})

const wrong: [string, string][] = [
  ['FLEET_MODE', 'test'],
  ['FLEET_ENV', 'a.b'],
  ['FLEET_KAFKA_BROKERS', 'no-port'],
  ['FLEET_REGISTRY_URL', 'ftp://x'],
  ['FLEET_INGEST_PORT', '70000'],
  ['FLEET_BODY_MAX_BYTES', '1e6'],
  ['FLEET_PARTITIONS', '0'],
  ['FLEET_LOG_LEVEL', 'loud'],
]
for (const [name, value] of wrong) {
  test(`${name}=${value} is refused by name`, () => {
    assert.throws(
      () => platformSettings({ [name]: value }),
      new RegExp(`1 setting is wrong:\n {2}${name} must `),
    )
  })
}

test('a redacted copy keeps no password', () => {
  const shown = redacted(platformSettings({ FLEET_REDIS_URL: 'redis://u:hunter2@host:1/0' }))
  assert.equal(shown['redisUrl'], 'redis://[redacted]@host:1/0')
  assert.deepEqual(redacted({ a: { apiToken: 'x', n: 1 }, list: ['amqp://u:p@h'] }), {
    a: { apiToken: '[redacted]', n: 1 },
    list: ['amqp://[redacted]@h'],
  })
})

test('production refuses plain HTTP of the API off loopback, and takes TLS or a proxy', () => {
  const production = { FLEET_MODE: 'production', FLEET_HOST: '0.0.0.0' }
  const edgeTls = { FLEET_TLS_CERT_FILE: 'c.pem', FLEET_TLS_KEY_FILE: 'k.pem' }
  const apiTls = { FLEET_API_TLS_CERT_FILE: 'c.pem', FLEET_API_TLS_KEY_FILE: 'k.pem' }
  for (const env of [production, { ...production, ...edgeTls }]) {
    assert.throws(() => platformSettings(env, 'api'), /FLEET_HOST .*FLEET_API_TLS_CERT_FILE/)
  }
  assert.ok(platformSettings({ ...production, ...apiTls }, 'api').api.tls !== null)
  platformSettings({ ...production, FLEET_TRUSTED_PROXIES: '10.0.0.0/8' }, 'api')
  assert.throws(
    () => platformSettings({ FLEET_API_TLS_CERT_FILE: 'c.pem' }),
    /FLEET_API_TLS_KEY_FILE is missing/,
  )
})
