// The control plane on a real Kafka: the store's promises, and the way of an endpoint from the `fleet`
// command through the admin API into a running ingester. FLEET_KAFKA_BROKERS and FLEET_REGISTRY_URL, by
// default those of `make up`.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { topics } from '@fleet/contracts'
import { connectKafka } from '@fleet/kafka'
import { systemClock } from '@fleet/runtime'
import { freePorts } from '../../infra/local/index.ts'
import { storeSuite } from '../../packages/control/test/store-suite.ts'
import { prefixed } from '../../packages/stage/test/prefixed-broker.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const brokers = (process.env['FLEET_KAFKA_BROKERS'] ?? '127.0.0.1:9092').split(',')
const kafka = connectKafka({ brokers, clientId: 'control-test' })
const folder = mkdtempSync(join(tmpdir(), 'fleet-control-'))
const deadlineMs = 60_000

storeSuite(async () => {
  const environment = `t-${randomBytes(4).toString('hex')}`
  const broker = prefixed(kafka, `control-test.${environment}.`)
  const admin = await broker.openAdmin()
  const names = [topics.control.name, topics.controlAudit.name, topics.controlUses.name]
  await admin.createTopics(
    names.map(name => ({ name, partitions: 1, replicationFactor: 1, config: {} })),
  )
  while ((await admin.describeTopics(names)).includes(null)) await systemClock.sleep(50)
  await admin.close()
  return { broker, environment }
})

const children: ChildProcess[] = []
let environment: Record<string, string> = {}
let [ingestPort, apiPort] = [0, 0]

before(async () => {
  ;[ingestPort = 0, apiPort = 0] = await freePorts(2)
  const secrets = join(folder, 'secrets')
  mkdirSync(secrets)
  writeFileSync(join(secrets, 'control.keys'), `m1:${randomBytes(32).toString('base64')}\n`)
  const key = { id: 'p1', key_base64: randomBytes(32).toString('base64') }
  writeFileSync(join(secrets, 'provenance.json'), JSON.stringify({ keys: [key] }))
  environment = {
    FLEET_DATA_DIR: folder,
    // Its own writer id; the topics are those of the broker.
    FLEET_ENV: `t-${randomUUID().slice(0, 8)}`,
    FLEET_CONTROL_PLANE: 'on',
    FLEET_INGEST_PORT: String(ingestPort),
    FLEET_API_PORT: String(apiPort),
  }
})

after(async () => {
  for (const child of children) {
    const ended = new Promise(done => child.once('exit', done))
    if (child.exitCode === null && child.kill('SIGTERM')) await ended
  }
  rmSync(folder, { recursive: true, force: true })
})

async function fleet(args: readonly string[], more: Record<string, string> = {}, input = '') {
  const child = spawn(process.execPath, [join(root, 'packages/cli/bin/fleet.js'), ...args], {
    cwd: root,
    env: { ...process.env, ...environment, ...more },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let [output, errors] = ['', '']
  child.stdout.on('data', data => (output += String(data)))
  child.stderr.on('data', data => (errors += String(data)))
  child.stdin.end(input)
  const exitCode = await new Promise<number | null>(done => child.on('close', done))
  return { exitCode, output, errors }
}

async function done(args: readonly string[], more: Record<string, string> = {}, input = '') {
  const outcome = await fleet(args, more, input)
  assert.equal(outcome.exitCode, 0, `fleet ${args.join(' ')}: ${outcome.output}${outcome.errors}`)
  return outcome
}

async function startService(name: string, port: number): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', `services/${name}/src/main.ts`], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  children.push(child)
  await eventually(`${name} is ready`, async () => {
    const response = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => null)
    return response?.status === 200
  })
}

async function eventually(what: string, condition: () => Promise<boolean>): Promise<number> {
  const startedMs = systemClock.elapsedMs()
  while (!(await condition())) {
    assert.ok(systemClock.elapsedMs() - startedMs < deadlineMs, `it did not happen: ${what}`)
    await systemClock.sleep(50)
  }
  return systemClock.elapsedMs() - startedMs
}

test('from the first admin key to a delivery: command, API, topic, ingester', async () => {
  await done(['topics', 'apply'])
  await done(['schemas', 'register'])
  await startService('ingester', ingestPort)
  await startService('api', apiPort)

  const first = JSON.parse(
    (await done(['keys', 'bootstrap', '--with-endpoints', '--json'])).output,
  ) as { key: string }
  assert.match(first.key, /^flk_/)
  const again = JSON.parse((await done(['keys', 'bootstrap', '--json'])).output) as object
  assert.deepEqual(again, { made: false, key: null })
  const key = { FLEET_API_KEY: first.key }

  const refused = await fleet(['tenants', 'list'], { FLEET_API_KEY: 'flk_wrong' })
  assert.equal(refused.exitCode, 2)
  assert.ok(!refused.errors.includes('flk_wrong'))

  const id = `e-${randomUUID().slice(0, 8)}`
  await done(['tenants', 'put', 'acme', '--name', 'Acme'], key)
  const definition = join(folder, 'definition.json')
  const signature = { header: 'x-levy-signature' }
  writeFileSync(definition, JSON.stringify({ source: 'levy', adapter: 'generic', signature }))
  await done(['endpoints', 'put', id, '--tenant', 'acme', '--file', definition], key)
  await done(['endpoints', 'secret', id, 'k1', '--value-file', '-'], key, 'signing-key-1\n')

  const deliver = async (secret: string): Promise<number> => {
    const body = JSON.stringify({
      event_id: randomUUID(),
      event_type: 'reservation.created',
      occurred_at: new Date(systemClock.wallMs()).toISOString(),
      resource_type: 'reservation',
      resource_id: 'R1',
      data: {},
    })
    const mac = createHmac('sha256', secret).update(body).digest('hex')
    const response = await fetch(`http://127.0.0.1:${ingestPort}/v1/hooks/${id}`, {
      method: 'POST',
      headers: { 'x-levy-signature': mac },
      body,
    })
    await response.text()
    return response.status
  }
  const taken = await eventually('accepted', async () => (await deliver('signing-key-1')) === 200)
  assert.ok(taken < 2000, `${taken} ms`)

  // The secret is replaced, and the old one counts no more, without a restart of anything.
  await done(['endpoints', 'secret', id, 'k1', '--value-file', '-'], key, 'signing-key-2\n')
  const renewed = await eventually('renewed', async () => (await deliver('signing-key-2')) === 200)
  assert.ok(renewed < 2000, `${renewed} ms`)
  // Each worker learns of it by itself.
  const ended = await eventually('ended', async () => (await deliver('signing-key-1')) === 401)
  assert.ok(ended < 2000, `${ended} ms`)

  const list = JSON.parse((await done(['endpoints', 'list', '--json'], key)).output) as {
    endpoints: { id: string }[]
  }
  assert.ok(list.endpoints.some(endpoint => endpoint.id === id))
  assert.ok(list.endpoints.some(endpoint => endpoint.id === 'levy-demo'))
  const exported = await done(['endpoints', 'export'], key)
  assert.ok(!exported.output.includes('signing-key'))

  const made = await done(
    ['keys', 'create', '--name', 'w', '--tenant', 'acme', '--scope', 'endpoints:write'],
    key,
  )
  const writer = { FLEET_API_KEY: made.output.trim() }
  assert.equal((await fleet(['keys', 'list'], writer)).exitCode, 2)
  await done(['endpoints', 'delete', id], writer)
  await eventually('gone', async () => (await deliver('signing-key-2')) === 401)
  const keys = JSON.parse((await done(['keys', 'list', '--json'], key)).output) as {
    keys: { id: string; name: string }[]
  }
  const own = keys.keys.find(({ name }) => name === 'w')
  await done(['keys', 'rotate', own?.id ?? '', '--overlap', '0'], key)
  await done(['keys', 'reseal', '--json'], key)
  assert.equal((await fleet(['endpoints', 'list'], writer)).exitCode, 2)
})
