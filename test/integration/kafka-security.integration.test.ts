// A broker with TLS, passwords and no right that was not granted: what `fleet topics apply` and `fleet
// acls apply` leave there lets every service do its work with its own user, and nothing else. It has a
// broker of its own and does not touch the one of `make up`.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { memoryRegistry, openCodec } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { exitCodes, runFleet } from '@fleet/cli'
import { kafkaConnection, platformSettings } from '@fleet/config'
import {
  allTopics,
  groupIdOf,
  headerNames,
  partitionOf,
  resourceKey,
  topics,
  transactionalIdOf,
} from '@fleet/contracts'
import type { RawDelivery, Topic } from '@fleet/contracts'
import { connectAclAdmin, connectKafka } from '@fleet/kafka'
import type { Acl, AclAdmin, Broker, InRecord, OutRecord } from '@fleet/kafka'
import { systemClock, systemIds, systemRandom } from '@fleet/runtime'
import { platform, ProvenanceKeyRing } from '@fleet/signatures'
import { parseEndpoints } from '@fleet/sources'
import { runStage, StageMeters } from '@fleet/stage'
import type { RunningStage, StageDependencies } from '@fleet/stage'
import { createMetrics, silentLogger } from '@fleet/telemetry'

import { fakeTerminal } from '../../packages/cli/test/fake-terminal.ts'
import { runView } from '../../packages/stage/src/run-view.ts'
import { crmSink } from '../../services/crm-sink/src/index.ts'
import { openRawLog } from '../../services/ingester/src/shell/raw-log.ts'
import { processorStage } from '../../services/processor/src/index.ts'
import { hasOpenssl, startSecuredBroker } from '../support/secured-broker.ts'
import type { SecuredBroker } from '../support/secured-broker.ts'

const skip = (await hasOpenssl()) ? false : 'openssl is missing'
const environment = 'secured'
const services = ['ingester', 'processor', 'crm-sink', 'projector', 'operators']
const userOf = (service: string): string => `fleet-${service}`
const deadlineMs = 60_000
const keyRing = ProvenanceKeyRing.parse(
  JSON.stringify({
    keys: [{ id: 'k1', key_base64: Buffer.from('0123456789abcdef'.repeat(2)).toString('base64') }],
  }),
)
const endpoint = {
  id: 'levy-main',
  tenant_id: 'demo',
  source: 'levy',
  adapter: 'generic',
  enabled: true,
  secrets: [{ id: 'k1', ref: 'file:levy-main.k1' }],
  signature: { header: 'x-levy-signature', algorithm: 'hmac-sha256', encoding: 'hex' },
  paths: {
    event_id: '$.event_id',
    event_type: '$.event_type',
    occurred_at: '$.occurred_at',
    resource_id: '$.resource_id',
    resource_type: '$.resource_type',
    data: '$.data',
  },
}

const folder = mkdtempSync(join(tmpdir(), 'fleet-secured-'))
let server: SecuredBroker
let codec: Codec
let acls: AclAdmin
const closers: (() => Promise<void>)[] = []

/** The settings of a program that runs as this user. */
function environmentOf(user: string): Record<string, string> {
  return {
    FLEET_MODE: 'production',
    FLEET_ENV: environment,
    FLEET_DATA_DIR: folder,
    FLEET_PARTITIONS: '1',
    FLEET_KAFKA_BROKERS: server.address,
    FLEET_KAFKA_SECURITY: 'sasl_ssl',
    FLEET_KAFKA_SASL_USERNAME: user,
    FLEET_KAFKA_SASL_PASSWORD: 'env:TEST_KAFKA_PASSWORD',
    FLEET_KAFKA_CA_FILE: server.files.authority,
    TEST_KAFKA_PASSWORD: server.passwordOf(user),
  }
}

function connectAs(user: string, changes: Record<string, string> = {}): Broker {
  const env = { ...environmentOf(user), ...changes }
  return connectKafka(kafkaConnection(platformSettings(env), user, env))
}

const as = (service: string): Broker => connectAs(userOf(service))

async function fleet(user: string, ...argv: string[]) {
  const terminal = fakeTerminal()
  Object.assign(process.env, environmentOf(user))
  const exitCode = await runFleet(argv, { terminal, stopping: new AbortController().signal })
  return { exitCode, output: terminal.output, errors: terminal.errors }
}

async function until<T>(what: string, look: () => Promise<T | null> | T | null): Promise<T> {
  const end = systemClock.elapsedMs() + deadlineMs
  for (;;) {
    const seen = await look()
    if (seen !== null) return seen
    assert.ok(systemClock.elapsedMs() < end, `timed out: ${what}`)
    await systemClock.sleep(50)
  }
}

before(async () => {
  if (skip !== false) return
  server = await startSecuredBroker(folder, services.map(userOf))
  codec = await openCodec({ registry: memoryRegistry(), cacheFile: null, clock: systemClock })
  await codec.load(allTopics.filter(({ schema }) => schema !== null))
  const env = environmentOf(server.administrator)
  acls = await connectAclAdmin(kafkaConnection(platformSettings(env), 'test', env))
})

after(async () => {
  for (const close of closers.toReversed()) await close().catch(() => {})
  if (skip === false) {
    await acls?.close()
    await server?.stop()
  }
  rmSync(folder, { recursive: true, force: true })
})

test(
  'the administrator makes topics and rights; afterwards there is nothing to do',
  { skip },
  async () => {
    const made = await fleet(server.administrator, 'topics', 'apply', '--json')
    assert.equal(made.exitCode, exitCodes.ok, made.errors + made.output)
    const planned = await fleet(server.administrator, 'acls', 'plan', '--json')
    assert.equal(planned.exitCode, exitCodes.ok, 'missing rights are no drift')
    const applied = await fleet(server.administrator, 'acls', 'apply', '--json')
    assert.equal(applied.exitCode, exitCodes.ok, applied.errors + applied.output)
    const { changes } = JSON.parse(applied.output) as { changes: { action: string }[] }
    assert.ok(changes.length > 50 && changes.every(({ action }) => action === 'create'))
    const again = await fleet(server.administrator, 'acls', 'apply', '--json')
    assert.deepEqual(JSON.parse(again.output), { changes: [], drift: [] })
    assert.equal(again.exitCode, exitCodes.ok)
  },
)

test(
  'a right that is not declared is taken away, and rights of others stay',
  { skip },
  async () => {
    const rest = {
      host: '*',
      resource: 'TOPIC',
      name: topics.raw.name,
      pattern: 'LITERAL',
      operation: 'READ',
      permission: 'ALLOW',
    } as const
    const excess: Acl = { principal: `User:${userOf('ingester')}`, ...rest }
    const foreign: Acl = { principal: 'User:somebody-else', ...rest }
    await acls.createAcls([excess, foreign])
    await until('the rights to be seen', async () =>
      (await acls.describeAcls(foreign.principal)).length === 1 ? true : null,
    )
    const planned = await fleet(server.administrator, 'acls', 'plan')
    assert.equal(planned.exitCode, exitCodes.failed)
    assert.match(planned.output, /delete +User:fleet-ingester +READ on TOPIC fleet\.raw\.v1/)
    assert.doesNotMatch(planned.output, /somebody-else/)
    const applied = await fleet(server.administrator, 'acls', 'apply')
    assert.equal(applied.exitCode, exitCodes.ok, applied.output)
    assert.deepEqual(await acls.describeAcls(foreign.principal), [foreign])
    const left = await acls.describeAcls(excess.principal)
    assert.ok(!left.some(({ name, operation }) => name === rest.name && operation === 'READ'))
  },
)

test('operators may look at everything and change nothing', { skip }, async () => {
  const user = userOf('operators')
  for (const kind of ['topics', 'acls']) {
    const planned = await fleet(user, kind, 'plan', '--json')
    assert.equal(planned.exitCode, exitCodes.ok, planned.errors)
    assert.deepEqual(JSON.parse(planned.output), { changes: [], drift: [] })
  }
  const admin = await as('operators').openAdmin()
  closers.push(() => admin.close())
  const refused = { code: 'KAFKA_AUTHORIZATION', fate: 'fatal' }
  await assert.rejects(admin.alterTopicConfig(topics.raw.name, { 'retention.ms': '1' }), refused)
})

function rawDelivery(): RawDelivery {
  const occurredAt = new Date(systemClock.wallMs() - 1000).toISOString()
  const body = Buffer.from(
    JSON.stringify({
      event_id: 'e1',
      event_type: 'reservation.created',
      occurred_at: occurredAt,
      resource_type: 'reservation',
      resource_id: 'R1',
      data: { customer_id: 'C1' },
    }),
  )
  return {
    delivery_id: 'd1',
    tenant_id: 'demo',
    endpoint_id: endpoint.id,
    source: 'levy',
    channel: 'WEBHOOK',
    received_at: Math.floor(systemClock.wallMs()) * 1000,
    remote_ip: null,
    headers: {},
    content_type: 'application/json',
    body,
    body_sha256: createHash('sha256').update(body).digest(),
    signature_scheme: 'generic/hmac-sha256',
    signature_key_id: 'k1',
    event_id: 'e1',
    source_event_type: 'reservation.created',
    resource_type: 'reservation',
    resource_id: 'R1',
    occurred_at: Date.parse(occurredAt) * 1000,
    delivery_attempt: null,
    part_index: 0,
    part_count: 1,
    unidentified_reason: null,
    identifier_version: '1',
    replay_id: null,
    body_key_id: null,
  }
}

function rawRecord(): OutRecord {
  const key = resourceKey('demo', 'reservation', 'R1')
  const value = codec.encode(topics.raw, rawDelivery())
  const { mac, keyId } = keyRing.sign(systemClock.wallMs(), key, value)
  const headers = { [headerNames.mac]: mac, [headerNames.macKeyId]: keyId }
  return { topic: topics.raw.name, partition: partitionOf(key, 1), key, value, headers }
}

function dependenciesOf(service: 'processor' | 'crm-sink' | 'projector'): StageDependencies {
  return {
    environment,
    broker: as(service),
    codec,
    metrics: new StageMeters(createMetrics(service)).forStage(service),
    logger: silentLogger,
    clock: systemClock,
    ids: systemIds,
    random: systemRandom,
    sha256Hex: text => createHash('sha256').update(text).digest('hex'),
  }
}

function keep(running: RunningStage): void {
  running.failed.catch(() => {})
  closers.push(() => running.stop())
}

/** The first committed record of a topic, read as this service. */
async function firstOf({ name }: Topic, service: string): Promise<InRecord> {
  const reader = await as(service).openReader()
  const stream = reader.open([{ topic: name, partition: 0, offset: -1 }])
  try {
    return await until(`a record in ${name}`, async () => {
      const { records } = await stream.take(1, 100)
      return records[0] ?? null
    })
  } finally {
    stream.close()
    await reader.close()
  }
}

test('a delivery goes all the way, each service with its own user', { skip }, async () => {
  const log = openRawLog({
    codec,
    broker: as('ingester'),
    partitions: 1,
    clock: systemClock,
    logger: silentLogger,
    onFatal: error => assert.fail(String(error)),
  })
  closers.push(() => log.close())
  const appender = await until('the ingester to be ready', () => log.appender)
  await appender.append(rawRecord())

  const reading = parseEndpoints(
    JSON.stringify({ version: 1, endpoints: [endpoint] }),
    'production',
  )
  assert.ok(reading.ok, JSON.stringify(reading))
  const endpoints = new Map(reading.endpoints.map(one => [one.id, one]))
  const processor = processorStage({
    settings: platformSettings(environmentOf(userOf('processor'))),
    keyRing: () => keyRing,
    endpoints: () => endpoints,
    platform,
  })
  keep(await runStage(processor, dependenciesOf('processor')))
  keep(await runStage(crmSink(), dependenciesOf('crm-sink')))
  const seen: string[] = []
  const view = {
    positions: () => Promise.resolve(new Map<number, number>()),
    apply: (_: number, records: readonly { key: string }[]) => {
      seen.push(...records.map(({ key }) => key))
      return Promise.resolve()
    },
  }
  const projection = { name: 'projector', input: topics.state, view }
  keep(await runView(projection, dependenciesOf('projector')))

  const key = resourceKey('demo', 'reservation', 'R1')
  assert.equal(String((await firstOf(topics.crm, 'operators')).key), key)
  await until('the projector to read the state', () => (seen.includes(key) ? true : null))
})

const groups = [groupIdOf(environment, 'processor'), groupIdOf(environment, 'crm-sink')]

async function appendAs(service: string, topic: Topic): Promise<void> {
  const appender = await as(service).openAppender()
  try {
    await appender.append({ topic: topic.name, partition: 0, key: 'k', value: Buffer.from('v') })
  } finally {
    await appender.close()
  }
}

async function commitAs(service: string, stage: string, topic: Topic): Promise<void> {
  const transactionalId = transactionalIdOf(environment, stage, 7)
  const writer = await as(service).openWriter({ transactionalId })
  try {
    const record = { topic: topic.name, partition: 0, key: 'k', value: Buffer.from('v') }
    await writer.commit([record])
  } finally {
    await writer.close()
  }
}

async function readAs(service: string, topic: Topic): Promise<void> {
  const reader = await as(service).openReader()
  const stream = reader.open([{ topic: topic.name, partition: 0, offset: 0 }])
  try {
    await Promise.race([stream.take(1, deadlineMs), reader.failed])
  } finally {
    await reader.close()
  }
}

async function joinAs(service: string, groupId: string, topic: Topic): Promise<void> {
  const membership = await as(service).joinGroup({
    groupId,
    topics: [topic.name],
    onRevoked: () => Promise.resolve(),
    onAssigned: () => {},
  })
  await membership.leave()
}

async function lookUpAs(service: string, topic: Topic): Promise<void> {
  const admin = await as(service).openAdmin()
  try {
    await admin.describeTopics([topic.name], { config: false })
  } finally {
    await admin.close()
  }
}

const forbidden: [string, () => Promise<void>][] = [
  ['the ingester reads what it wrote', () => readAs('ingester', topics.raw)],
  ['the ingester writes events', () => appendAs('ingester', topics.events.reservation)],
  ['the ingester joins a group', () => joinAs('ingester', groups[0] ?? '', topics.raw)],
  ['the processor writes raw', () => appendAs('processor', topics.raw)],
  [
    'the processor writes raw in a transaction',
    () => commitAs('processor', 'processor', topics.raw),
  ],
  ['the processor reads what the sink makes', () => readAs('processor', topics.crm)],
  ['the sink writes events', () => commitAs('crm-sink', 'crm-sink', topics.events.reservation)],
  ['the sink reads raw', () => readAs('crm-sink', topics.raw)],
  [
    'the sink takes the place of the processor',
    () => commitAs('crm-sink', 'processor', topics.crm),
  ],
  [
    'the sink joins the group of the processor',
    () => joinAs('crm-sink', groups[0] ?? '', topics.events.reservation),
  ],
  ['the projector writes the state', () => appendAs('projector', topics.state)],
  [
    'the projector looks up a topic it has nothing to do with',
    () => lookUpAs('projector', topics.raw),
  ],
]

for (const [what, attempt] of forbidden) {
  test(`${what}: refused at once, with the file to look at`, { skip }, async () => {
    const started = systemClock.elapsedMs()
    await assert.rejects(attempt(), {
      code: 'KAFKA_AUTHORIZATION',
      fate: 'fatal',
      message: /infra\/acls: fleet acls plan/,
    })
    assert.ok(systemClock.elapsedMs() - started < 10_000)
  })
}

test('a service can not change rights or topics', { skip }, async () => {
  const applied = await fleet(userOf('processor'), 'acls', 'apply')
  assert.equal(applied.exitCode, exitCodes.usage)
  assert.match(applied.errors, /Kafka refuses this user the cluster/)
})

const strangers: [string, Record<string, string>, string, RegExp][] = [
  [
    'a wrong password',
    { TEST_KAFKA_PASSWORD: 'wrong' },
    'KAFKA_AUTHENTICATION',
    /FLEET_KAFKA_SASL_PASSWORD/,
  ],
  [
    'a mechanism the broker does not offer',
    { FLEET_KAFKA_SASL_MECHANISM: 'scram-sha-256' },
    'KAFKA_AUTHENTICATION',
    /FLEET_KAFKA_SASL_MECHANISM/,
  ],
  [
    'a certificate of an unknown authority',
    { FLEET_KAFKA_CA_FILE: '' },
    'KAFKA_CERTIFICATE',
    /FLEET_KAFKA_CA_FILE/,
  ],
  [
    'no TLS where TLS is spoken',
    {
      FLEET_KAFKA_SECURITY: 'plaintext',
      FLEET_KAFKA_CA_FILE: '',
      FLEET_KAFKA_SASL_USERNAME: '',
      FLEET_KAFKA_SASL_PASSWORD: '',
    },
    'KAFKA_UNREACHABLE',
    /does FLEET_KAFKA_SECURITY fit its listener\?/,
  ],
]
for (const [what, changes, code, message] of strangers) {
  test(`${what}: ${code}, and no password in the message`, { skip }, async () => {
    await assert.rejects(connectAs(userOf('ingester'), changes).openAdmin(), (error: unknown) => {
      assert.ok(error instanceof Error && 'code' in error)
      assert.equal(error.code, code)
      assert.match(error.message, message)
      assert.doesNotMatch(error.message, /ingester-password/)
      return true
    })
  })
}

test('the password is shown in the plain mechanism too, over TLS', { skip }, async () => {
  const broker = connectAs(server.administrator, { FLEET_KAFKA_SASL_MECHANISM: 'PLAIN' })
  const admin = await broker.openAdmin()
  assert.equal((await admin.describeCluster()).brokers.length, 1)
  await admin.close()
})

test(
  'mutual TLS: the certificate is the user, and without one the broker refuses',
  { skip },
  async () => {
    const settings = {
      ...environmentOf(userOf('ingester')),
      FLEET_KAFKA_BROKERS: server.mutualAddress,
      FLEET_KAFKA_SECURITY: 'ssl',
      FLEET_KAFKA_SASL_USERNAME: '',
      FLEET_KAFKA_SASL_PASSWORD: '',
    }
    const certificate = {
      FLEET_KAFKA_CERT_FILE: server.files.client,
      FLEET_KAFKA_KEY_FILE: server.files.clientKey,
    }
    const principal = `User:CN=${userOf('ingester')}`
    const write: Acl = {
      principal,
      host: '*',
      resource: 'TOPIC',
      name: topics.security.name,
      pattern: 'LITERAL',
      operation: 'WRITE',
      permission: 'ALLOW',
    }
    await acls.createAcls([write])
    const env = { ...settings, ...certificate }
    const broker = connectKafka(kafkaConnection(platformSettings(env), 'mutual', env))
    const appender = await broker.openAppender()
    closers.push(() => appender.close())
    const record = { topic: topics.security.name, partition: 0, key: 'k', value: Buffer.from('v') }
    await until('the right to be in force', () => appender.append(record).catch(() => null))
    await assert.rejects(appender.append({ ...record, topic: topics.raw.name }), {
      code: 'KAFKA_AUTHORIZATION',
    })
    const bare = connectKafka(kafkaConnection(platformSettings(settings), 'bare', settings))
    await assert.rejects(bare.openAdmin(), { code: 'KAFKA_CERTIFICATE', message: /CERT_FILE/ })
  },
)
