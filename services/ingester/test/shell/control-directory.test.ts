import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ControlPlane, MasterKeys } from '@fleet/control'
import type { Command, Precondition } from '@fleet/control'
import { topics } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import type { Broker } from '@fleet/kafka'
import { FleetError, systemClock, systemIds } from '@fleet/runtime'
import { createLogger, silentLogger } from '@fleet/telemetry'
import { openEndpointDirectory } from '../../src/shell/endpoint-directory.ts'
import type { EndpointDirectory } from '../../src/shell/endpoint-directory.ts'
import { closeEdges, eventually, levyBody, openEdge, post, signed } from '../edge-harness.ts'
import type { EndpointRow } from '../edge-harness.ts'

const closers: (() => Promise<void> | void)[] = []
after(async () => {
  for (const close of closers.toReversed()) await close()
  await closeEdges()
})

const root = { id: 'root', tenant_id: null, scopes: ['admin'] } as const
const fresh: Precondition = { ifMatch: null, ifNoneMatch: true }
const any: Precondition = { ifMatch: 'any', ifNoneMatch: false }
const masterKey = (id: string, byte: number): string =>
  `${id}:${Buffer.alloc(32, byte).toString('base64')}`

const definition = { source: 'levy', adapter: 'generic', signature: { header: 'x-levy-signature' } }

function openControl() {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-control-'))
  mkdirSync(join(folder, 'secrets'))
  const secretFile = (name: string, text: string): void =>
    writeFileSync(join(folder, 'secrets', name), text)
  secretFile('control.keys', masterKey('m1', 1))
  const broker = createMemoryBroker({
    topics: [topics.control.name, topics.controlAudit.name, topics.controlUses.name],
    partitions: 1,
  })
  let masterKeys = masterKey('m1', 1)
  const plane = new ControlPlane({
    broker,
    environment: 'test',
    mode: 'development',
    rotateDays: 90,
    masterKeys: () => MasterKeys.parse(masterKeys),
    clock: systemClock,
    ids: systemIds,
    logger: silentLogger,
  })
  const run = async (command: Command, precondition: Precondition = fresh): Promise<object> => {
    const decision = await plane.change(command, precondition, root)
    assert.ok(decision.ok, JSON.stringify(decision))
    return decision.outcome.shown
  }
  const make = async (command: Command, precondition: Precondition = fresh) =>
    (await run(command, precondition)) as { id: string; key: string }
  closers.push(
    () => plane.close(),
    () => rmSync(folder, { recursive: true, force: true }),
  )
  const useMasterKeys = (text: string): void => {
    masterKeys = text
  }
  return { folder, broker, run, make, secretFile, useMasterKeys }
}

type Control = ReturnType<typeof openControl>

function openDirectory(
  { folder, broker }: Control,
  from: Pick<Broker, 'openReader' | 'openAdmin'> = broker,
): EndpointDirectory {
  const directory = openEndpointDirectory({
    endpointsFile: join(folder, 'endpoints.json'),
    dataDir: folder,
    mode: 'development',
    clock: systemClock,
    logger: silentLogger,
    control: { broker: from, keyRef: 'file:control.keys' },
  })
  closers.push(() => directory.close())
  return directory
}

const tenant: Command = { kind: 'put-tenant', id: 'demo', name: 'Demo' }
const endpoint: Command = { kind: 'put-endpoint', id: 'levy', tenantId: 'demo', definition }
const secret = (value: string, id = 'k1'): Command => ({
  kind: 'put-secret',
  endpointId: 'levy',
  id,
  source: { value },
  notBefore: null,
  notAfter: '2030-01-01T00:00:00Z',
})

const keysOf = (directory: EndpointDirectory): string[] =>
  (directory.find('levy')?.secrets ?? []).map(({ key }) => Buffer.from(key).toString())

async function within2Seconds(condition: () => boolean): Promise<void> {
  const startedMs = systemClock.elapsedMs()
  await eventually(() => Promise.resolve(condition()))
  assert.ok(systemClock.elapsedMs() - startedMs < 2000)
}

test('what the control plane says is in force within two seconds, and no file is needed', async () => {
  const control = openControl()
  await control.run(tenant)
  const directory = openDirectory(control)
  await within2Seconds(() => directory.state === 'ok')
  await control.run(endpoint)
  await control.run(secret('levy-secret-1'))
  await within2Seconds(() => keysOf(directory)[0] === 'levy-secret-1')
  const [known] = directory.find('levy')?.secrets ?? []
  assert.equal(known?.notAfterMs, Date.parse('2030-01-01T00:00:00Z'))
  await control.run(secret('levy-secret-2', 'k2'))
  await within2Seconds(() => keysOf(directory).length === 2)
  await control.run({ ...endpoint, definition: { ...definition, enabled: false } }, any)
  await within2Seconds(() => directory.find('levy')?.endpoint.enabled === false)
  await control.run({ kind: 'delete-endpoint', id: 'levy' }, any)
  await within2Seconds(() => directory.find('levy') === undefined)
})

test('while Kafka is away the last good endpoints stay in force', async () => {
  const control = openControl()
  await control.run(tenant)
  await control.run(endpoint)
  await control.run(secret('levy-secret-1'))
  let isAway = false
  let refused = 0
  const away = new FleetError('KAFKA_UNREACHABLE', 'transient', 'away')
  const directory = openDirectory(control, {
    openAdmin: () => (isAway ? Promise.reject(away) : control.broker.openAdmin()),
    openReader: async () => {
      const reader = await control.broker.openReader()
      return {
        ...reader,
        open: positions => {
          const stream = reader.open(positions)
          return {
            take: (max, waitMs) => {
              if (!isAway) return stream.take(max, Math.min(waitMs, 20))
              refused++
              return Promise.reject(away)
            },
            ahead: () => stream.ahead(),
            wake: () => stream.wake(),
            lag: () => stream.lag(),
            close: () => stream.close(),
          }
        },
      }
    },
  })
  await within2Seconds(() => keysOf(directory).length === 1)
  isAway = true
  await eventually(() => refused > 0)
  await control.run(secret('levy-secret-2'), any)
  await eventually(() => refused > 2)
  assert.deepEqual(keysOf(directory), ['levy-secret-1'])
  assert.equal(directory.state, 'ok')
  isAway = false
  await within2Seconds(() => keysOf(directory)[0] === 'levy-secret-2')
})

test('a secret sealed by an unknown master key keeps its last value until the key is there', async () => {
  const control = openControl()
  await control.run(tenant)
  await control.run(endpoint)
  await control.run(secret('levy-secret-1'))
  const directory = openDirectory(control)
  await within2Seconds(() => keysOf(directory).length === 1)
  control.useMasterKeys(`${masterKey('m2', 2)} ${masterKey('m1', 1)}`)
  await control.run(secret('levy-secret-2'), any)
  await control.run({
    kind: 'put-secret',
    endpointId: 'levy',
    id: 'k2',
    source: { ref: 'file:x.k2' },
    notBefore: null,
    notAfter: null,
  })
  control.secretFile('x.k2', 'from-a-file')
  await within2Seconds(() => keysOf(directory).includes('from-a-file'))
  assert.ok(keysOf(directory).includes('levy-secret-1'))
  control.secretFile('control.keys', `${masterKey('m2', 2)}\n${masterKey('m1', 1)}`)
  await within2Seconds(() => keysOf(directory).includes('levy-secret-2'))
})

test('a delivery is taken as soon as its endpoint and secret are known, on the edge as it runs', async () => {
  const control = openControl()
  await control.run(tenant)
  const edge = await openEdge({
    endpoints: [],
    env: {
      FLEET_CONTROL_PLANE: 'on',
      FLEET_CONTROL_KEY_REF: `file:${control.folder}/secrets/control.keys`,
    },
    controlBroker: control.broker,
  })
  const row: EndpointRow = {
    id: 'levy',
    tenant_id: 'demo',
    ...definition,
    secrets: [{ id: 'k1', ref: 'file:none' }],
  }
  const ask = async (): Promise<number> => {
    const body = levyBody('e-1')
    return (await post(edge, 'levy', body, signed(row, body, 'levy-secret-1'))).status
  }
  assert.equal(await ask(), 401)
  await control.run(endpoint)
  await control.run(secret('levy-secret-1'))
  const startedMs = systemClock.elapsedMs()
  await eventually(async () => (await ask()) === 200)
  assert.ok(systemClock.elapsedMs() - startedMs < 2000)
})

test('an API key of the control plane lets its sender in until it ends, and no other endpoint’s', async () => {
  const control = openControl()
  await control.run(tenant)
  await control.run({ kind: 'put-tenant', id: 'other', name: 'Other' })
  const keyed = { source: 'old', adapter: 'generic', auth: 'api-key' }
  for (const [id, tenantId] of [
    ['old', 'demo'],
    ['foreign', 'other'],
  ] as const) {
    await control.run({ kind: 'put-endpoint', id, tenantId, definition: keyed })
  }
  await control.run(endpoint)
  const lines: string[] = []
  const destination = { write: (line: string): unknown => lines.push(line) }
  const edge = await openEdge({
    endpoints: [],
    env: {
      FLEET_CONTROL_PLANE: 'on',
      FLEET_CONTROL_KEY_REF: `file:${control.folder}/secrets/control.keys`,
    },
    controlBroker: control.broker,
    logger: createLogger('test', { level: 'info', destination }),
  })
  const made = await control.make({
    kind: 'create-api-key',
    tenantId: 'demo',
    endpointId: 'old',
    name: 'old sender',
    scopes: ['events:write'],
    expiresAt: null,
  })
  const ask = async (id: string, key: string): Promise<number> =>
    (await post(edge, id, levyBody('e-1'), { authorization: `Bearer ${key}` })).status
  await eventually(async () => (await ask('old', made.key)) === 200)
  for (const id of ['foreign', 'levy', 'none']) assert.equal(await ask(id, made.key), 401)
  const [raw] = await edge.log.raw()
  assert.deepEqual([raw?.signature_scheme, raw?.signature_key_id], ['generic/api-key', made.id])
  const rotate: Command = { kind: 'rotate-api-key', id: made.id, overlapSeconds: 0 }
  const next = await control.make(rotate, any)
  await eventually(async () => (await ask('old', made.key)) === 401)
  assert.equal(await ask('old', next.key), 200)
  assert.match(lines.join(''), /endpoints\.settings_weak.*no signature|no signature.*settings_weak/)
  assert.ok(!lines.join('').includes(made.key))
})
