// The `fleet` command as a process, on a real Kafka and registry (FLEET_KAFKA_BROKERS,
// FLEET_REGISTRY_URL; by default those of `make up`).

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { httpRegistry, openCodec } from '@fleet/codec'
import { platformSettings } from '@fleet/config'
import { allTopics, partitionOf, topics } from '@fleet/contracts'
import type { SecurityEvent } from '@fleet/contracts'
import { connectKafka } from '@fleet/kafka'
import { systemClock } from '@fleet/runtime'

const root = fileURLToPath(new URL('../../', import.meta.url))
const program = join(root, 'packages/cli/bin/fleet.js')
const settings = platformSettings()
const folder = mkdtempSync(join(tmpdir(), 'fleet-cli-'))
const nobody = '127.0.0.1:1'

after(() => rmSync(folder, { recursive: true, force: true }))

interface Outcome {
  exitCode: number | null
  output: string
  errors: string
}

function fleet(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const outcome: Outcome = { exitCode: null, output: '', errors: '' }
  child.stdout.on('data', data => (outcome.output += String(data)))
  child.stderr.on('data', data => (outcome.errors += String(data)))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ ...outcome, exitCode: code }))
  })
}

interface Plan {
  changes: { action: string; topic: string }[]
  drift: { topic: string; setting: string; correctable: boolean }[]
}

before(async () => {
  const applied = await fleet(['topics', 'apply', '--json'])
  assert.equal(applied.exitCode, 0, applied.errors + applied.output)
  const registered = await fleet(['schemas', 'register', '--json'])
  assert.equal(registered.exitCode, 0, registered.errors + registered.output)
})

test('after apply the plan is empty', async () => {
  const { exitCode, output } = await fleet(['topics', 'plan', '--json'])
  assert.deepEqual(JSON.parse(output), { changes: [], drift: [] })
  assert.equal(exitCode, 0)
})

test('where brokers keep no rights, acls plan says what they need', async () => {
  const { exitCode, errors } = await fleet(['acls', 'plan'])
  assert.equal(exitCode, 2)
  assert.match(errors, /keep no ACLs; set authorizer\.class\.name/)
})

test('a changed setting is drift, and apply corrects it', async () => {
  const admin = await connectKafka({ brokers: settings.kafkaBrokers, clientId: 'test' }).openAdmin()
  const { name } = topics.security
  await admin.alterTopicConfig(name, { 'retention.ms': '3600000' })
  await admin.close()
  const planned = await fleet(['topics', 'plan', '--json'])
  assert.equal(planned.exitCode, 1)
  const { drift } = JSON.parse(planned.output) as Plan
  assert.ok(drift.length > 0 && drift.every(({ topic }) => topic === name))
  const applied = await fleet(['topics', 'apply', '--json'])
  assert.equal(applied.exitCode, 0)
  assert.deepEqual((JSON.parse(applied.output) as Plan).drift, [])
  assert.equal((await fleet(['topics', 'plan'])).exitCode, 0)
})

test('another partition count is drift that apply leaves alone', async () => {
  const more = { FLEET_PARTITIONS: String(settings.partitions + 1) }
  const { exitCode, output } = await fleet(['topics', 'apply', '--json'], more)
  assert.equal(exitCode, 1)
  const { changes, drift } = JSON.parse(output) as Plan
  assert.deepEqual(changes, [])
  assert.equal(drift.length, allTopics.length)
  assert.ok(drift.every(at => at.setting === 'partitions' && !at.correctable))
  assert.equal((await fleet(['topics', 'plan'])).exitCode, 0)
})

test('every subject is registered, with version and id', async () => {
  const { exitCode, output } = await fleet(['schemas', 'check', '--json'])
  assert.equal(exitCode, 0)
  const { subjects } = JSON.parse(output) as {
    subjects: { name: string; version: number; id: number; compatible: boolean }[]
  }
  assert.equal(subjects.length, allTopics.filter(topic => topic.schema !== null).length)
  assert.ok(subjects.every(at => at.compatible && at.version >= 1 && Number.isInteger(at.id)))
})

test('tail prints committed records as lines of JSON', async () => {
  const endpointId = `cli-${randomUUID()}`
  const { partition, offset } = await writeSecurityEvent(endpointId)
  const reading = ['--from', 'earliest', '--key', endpointId, '--max', '1', '--timeout', '20']
  for (const name of [topics.security.logical, topics.security.name]) {
    const { exitCode, output, errors } = await fleet(['tail', name, ...reading, '--json'])
    assert.equal(exitCode, 0, errors)
    assert.equal(output.trimEnd().split('\n').length, 1)
    const record = JSON.parse(output) as Record<string, unknown>
    assert.deepEqual(Object.keys(record), [
      'topic',
      'partition',
      'offset',
      'timestamp',
      'key',
      'headers',
      'value',
    ])
    assert.deepEqual([record['partition'], record['offset']], [partition, offset])
    assert.equal((record['value'] as SecurityEvent).endpoint_id, endpointId)
  }
})

test('tail ends by its time-out when nothing is there', async () => {
  const { exitCode, output } = await fleet(['tail', 'redrive', '--timeout', '0', '--json'])
  assert.equal(exitCode, 0)
  assert.equal(output, '')
})

test('doctor tells what is wrong and what to do', async () => {
  const noServices = { FLEET_INGEST_PORT: '1', FLEET_DATA_DIR: folder }
  const { exitCode, output } = await fleet(['doctor', '--json'], noServices)
  assert.equal(exitCode, 1)
  const { ok, checks } = JSON.parse(output) as {
    ok: boolean
    checks: { name: string; ok: boolean; detail: string; remedy: string | null }[]
  }
  assert.equal(ok, false)
  const named = new Map(checks.map(check => [check.name, check]))
  for (const name of ['node', 'kafka', 'topics', 'registry', 'schemas']) {
    assert.equal(named.get(name)?.ok, true, JSON.stringify(named.get(name)))
  }
  assert.equal(named.get('service ingester')?.ok, false)
  assert.match(named.get('service ingester')?.remedy ?? '', /make up/)
  assert.ok(checks.every(check => check.ok || check.remedy !== null))
})

const unreachable: readonly (readonly [readonly string[], Record<string, string>, string])[] = [
  [['tail', 'raw'], { FLEET_KAFKA_BROKERS: nobody }, `Kafka at ${nobody} is not reachable.`],
  [['topics', 'plan'], { FLEET_KAFKA_BROKERS: nobody }, `Kafka at ${nobody} is not reachable.`],
  [
    ['schemas', 'check'],
    { FLEET_REGISTRY_URL: `http://${nobody}` },
    `The schema registry at http://${nobody} is not reachable.`,
  ],
]

for (const [args, env, message] of unreachable) {
  test(`fleet ${args.join(' ')} without its dependency ends with 3`, async () => {
    const { exitCode, output, errors } = await fleet([...args, '--json'], env)
    assert.equal(exitCode, 3)
    assert.equal(errors, `error: ${message} Is it running? try: make status\n`)
    assert.equal(output, '')
  })
}

test('doctor without Kafka still prints its checks, and ends with 3', async () => {
  const { exitCode, output } = await fleet(['doctor', '--json'], { FLEET_KAFKA_BROKERS: nobody })
  assert.equal(exitCode, 3)
  const { checks } = JSON.parse(output) as { checks: { name: string; ok: boolean }[] }
  assert.equal(checks.find(({ name }) => name === 'kafka')?.ok, false)
  assert.equal(checks.find(({ name }) => name === 'registry')?.ok, true)
})

test('send without an ingester ends with 3', async () => {
  mkdirSync(join(folder, 'secrets'), { recursive: true })
  writeFileSync(join(folder, 'secrets', 'levy-demo.k1'), randomUUID())
  const { exitCode, errors } = await fleet(
    ['send', 'levy-demo', '--type', 'reservation.created', '--resource', 'R1'],
    { FLEET_DATA_DIR: folder, FLEET_INGEST_PORT: '1' },
  )
  assert.equal(exitCode, 3)
  assert.match(errors, /^error: The ingester at http:\/\/127\.0\.0\.1:1 is not reachable\./)
})

async function writeSecurityEvent(
  endpointId: string,
): Promise<{ partition: number; offset: number }> {
  const codec = await openCodec({
    registry: httpRegistry(settings.registryUrl),
    cacheFile: null,
    clock: systemClock,
  })
  await codec.load([topics.security])
  const event: SecurityEvent = {
    reason: 'unknown_endpoint',
    endpoint_id: endpointId,
    tenant_id: null,
    remote_ip: '127.0.0.1',
    method: 'POST',
    path: '/',
    headers: {},
    body_sha256: null,
    body_bytes: 0,
    count: 1,
    first_at: 1_767_225_600_000_000,
    last_at: 1_767_225_600_000_000,
  }
  const partition = partitionOf(endpointId, settings.partitions)
  const kafka = connectKafka({ brokers: settings.kafkaBrokers, clientId: 'test' })
  const appender = await kafka.openAppender()
  const { offset } = await appender.append({
    topic: topics.security.name,
    partition,
    key: endpointId,
    value: codec.encode(topics.security, event),
  })
  await appender.close()
  return { partition, offset }
}
