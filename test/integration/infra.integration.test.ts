// The local infrastructure on the real programs, on ports of its own beside whatever else runs here:
// it answers, starts again quickly, keeps what it stored, says who holds a port, and ends only its own.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { ProvenanceKeyRing } from '@fleet/signatures'
import { parseEndpoints } from '@fleet/sources'

import { freePorts, startInfrastructure } from '../../infra/local/index.ts'
import type { RunningInfrastructure } from '../../infra/local/index.ts'
import { brokerAnswers } from '../../infra/local/kafka-probe.ts'
import { listenerOn, startTicksOf } from '../../infra/local/process-table.ts'
import { end, running, startDetached } from '../../infra/local/processes.ts'
import { redisAnswers } from '../../infra/local/redis.ts'
import { makeMissingSecrets } from '../../infra/local/secrets.ts'
import { foldersOf, readLocalSettings } from '../../infra/local/settings.ts'

const secondStartMsMax = 10_000
const dataDir = mkdtempSync(join(tmpdir(), 'fleet-infra-'))
const folders = foldersOf(dataDir)
let ports = { kafkaPort: 0, registryPort: 0, redisPort: 0 }
let infrastructure: RunningInfrastructure

async function start(): Promise<RunningInfrastructure> {
  return startInfrastructure({ dataDir, ...ports })
}

function pids(): (number | undefined)[] {
  return ['kafka', 'registry', 'redis'].map(name => running(folders, name)?.pid)
}

async function post(path: string, body: unknown): Promise<Response> {
  return fetch(`${infrastructure.registryUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify(body),
  })
}

const schema = (...fields: object[]): { schema: string } => ({
  schema: JSON.stringify({ type: 'record', name: 'Probe', fields }),
})
const name = { name: 'name', type: 'string', default: '' }

before(async () => {
  const [kafkaPort = 0, registryPort = 0, redisPort = 0] = await freePorts(3)
  ports = { kafkaPort, registryPort, redisPort }
  infrastructure = await start()
})

after(async () => {
  await infrastructure.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

test('Kafka, the registry and Redis answer at the addresses that are given back', async () => {
  assert.deepEqual(infrastructure.brokers, [`127.0.0.1:${ports.kafkaPort}`])
  assert.equal(await brokerAnswers(ports.kafkaPort), true)
  assert.equal(await redisAnswers(ports.redisPort), true)
  const subjects = await fetch(`${infrastructure.registryUrl}/subjects`)
  assert.deepEqual([subjects.status, await subjects.json()], [200, []])
})

test('the registry refuses what breaks FULL_TRANSITIVE and keeps its ids over a restart', async () => {
  const subject = '/subjects/infra-probe-value/versions'
  const first = (await (await post(subject, schema(name))).json()) as { id: number }
  const compatibility = await fetch(`${infrastructure.registryUrl}/config/infra-probe-value`, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ compatibility: 'FULL_TRANSITIVE' }),
  })
  assert.equal(compatibility.status, 200)
  const without = await post(subject, schema(name, { name: 'age', type: 'int' }))
  assert.equal(without.status, 409)

  await infrastructure.stop()
  infrastructure = await start()
  const again = (await (await post(subject, schema(name))).json()) as { id: number }
  assert.equal(again.id, first.id)
})

test('a second start reuses what runs and takes seconds', async () => {
  const before = pids()
  assert.ok(!before.includes(undefined))
  const startedMs = performance.now()
  await start()
  assert.ok(performance.now() - startedMs < secondStartMsMax)
  assert.deepEqual(pids(), before)
})

test('a part that was killed is started again, the others stay', async () => {
  const [kafka, registry, redis = 0] = pids()
  process.kill(redis, 'SIGKILL')
  await start()
  const [kafkaAfter, registryAfter, redisAfter] = pids()
  assert.deepEqual([kafkaAfter, registryAfter], [kafka, registry])
  assert.notEqual(redisAfter, redis)
  assert.equal(await redisAnswers(ports.redisPort), true)
})

test('a port held by another process is named with its holder and the variable that moves it', async () => {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const address = holder.address()
  assert.ok(typeof address === 'object' && address !== null)
  const other = mkdtempSync(join(tmpdir(), 'fleet-infra-taken-'))
  try {
    await assert.rejects(
      startInfrastructure({ dataDir: other, ...ports, redisPort: address.port, only: ['redis'] }),
      (error: Error) => {
        assert.match(error.message, new RegExp(`port ${address.port} for redis is taken`))
        assert.match(error.message, new RegExp(`process ${process.pid}\\b`))
        assert.match(error.message, /set FLEET_REDIS_PORT/)
        return true
      },
    )
    assert.equal(holder.listening, true)
  } finally {
    holder.close()
    rmSync(other, { recursive: true, force: true })
  }
})

test('a pid that was given to another process is left alone', async () => {
  const other = mkdtempSync(join(tmpdir(), 'fleet-infra-pid-'))
  const stranger = spawn('sleep', ['60'])
  try {
    const plan = { command: 'sleep', args: ['60'], environment: {}, cwd: other, port: null }
    const own = startDetached(foldersOf(other), { name: 'own', ...plan })
    assert.equal(await end(foldersOf(other), 'own'), 'ended')
    assert.equal(startTicksOf(own.pid), null)

    const started = startDetached(foldersOf(other), { name: 'reused', ...plan })
    const file = join(other, 'pids', 'reused.json')
    const record = JSON.parse(readFileSync(file, 'utf8')) as object
    writeFileSync(file, JSON.stringify({ ...record, pid: stranger.pid, startTicks: 1 }))
    assert.equal(await end(foldersOf(other), 'reused'), 'not running')
    assert.notEqual(startTicksOf(stranger.pid ?? 0), null)
    process.kill(started.pid)
  } finally {
    stranger.kill()
    rmSync(other, { recursive: true, force: true })
  }
})

test('who is said to be gone has let go of its port: one with much memory too, which takes long to end', async () => {
  const listening = `const memory = Buffer.alloc(2e8, 1)
    const server = require('net').createServer()
    server.listen(0, '127.0.0.1', () => console.log(server.address().port, memory.length))`
  for (let round = 0; round < 5; round++) {
    const child = spawn(process.execPath, ['-e', listening], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const port = Number.parseInt(String(await once(child.stdout, 'data')))
    assert.equal(listenerOn(port).taken, true)
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    while (startTicksOf(child.pid ?? 0) !== null); // not to miss the moment, and it is gone before it is buried
    assert.deepEqual(listenerOn(port), { taken: false })
    await closed
  }
})

test('what ignores SIGTERM is killed after the grace period', async () => {
  const other = mkdtempSync(join(tmpdir(), 'fleet-infra-term-'))
  const deaf = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('deaf')"
  try {
    startDetached(foldersOf(other), {
      name: 'deaf',
      command: process.execPath,
      args: ['-e', deaf],
      environment: {},
      cwd: other,
      port: null,
    })
    const log = join(other, 'logs', 'deaf.log')
    while (!readFileSync(log, 'utf8').includes('deaf')) await new Promise(setImmediate)
    assert.equal(await end(foldersOf(other), 'deaf', 200), 'killed')
    assert.equal(running(foldersOf(other), 'deaf'), null)
  } finally {
    rmSync(other, { recursive: true, force: true })
  }
})

test('secrets are made once, readable by their owner alone, in the form their readers take', () => {
  const other = mkdtempSync(join(tmpdir(), 'fleet-infra-secrets-'))
  try {
    const settings = readLocalSettings({ FLEET_DATA_DIR: other })
    const { secrets } = settings.folders
    const content = (file: string): string => readFileSync(join(secrets, file), 'utf8')
    const mode = (path: string): number => statSync(path).mode & 0o777
    const parsed = parseEndpoints(
      readFileSync(settings.platform.endpointsFile, 'utf8'),
      'development',
    )
    assert.ok(parsed.ok)
    const files = parsed.endpoints.map(endpoint => `${endpoint.id}.k1`)

    assert.deepEqual(makeMissingSecrets(settings), [...files, 'provenance.json'])
    const before = files.map(content)
    assert.deepEqual(makeMissingSecrets(settings), [])
    assert.deepEqual(files.map(content), before)

    assert.equal(new Set(before).size, files.length)
    assert.match(content('levy-demo.k1'), /^[0-9a-f]{64}$/)
    assert.match(content('sw-demo.k1'), /^whsec_[A-Za-z0-9+/]{43}=$/)
    assert.equal(mode(secrets), 0o700)
    assert.ok([...files, 'provenance.json'].every(file => mode(join(secrets, file)) === 0o600))
    const signed = ProvenanceKeyRing.parse(content('provenance.json')).sign(
      Date.now(),
      'key',
      Buffer.from('value'),
    )
    assert.equal(signed.keyId, 'k1')
  } finally {
    rmSync(other, { recursive: true, force: true })
  }
})
