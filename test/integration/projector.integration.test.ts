// The Redis view against a real Redis of its own: compare-and-set, positions, flushes, outages; and
// the api reads what the projector wrote.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import type { ResourceState } from '@fleet/contracts'
import { redisStateStore } from '@fleet/api'
import { openRedis, RedisStateView } from '@fleet/projector'
import { FleetError } from '@fleet/runtime'
import { freePorts } from '../../infra/local/index.ts'
import { redisProgram } from '../../infra/local/redis-program.ts'
import type { RedisProgram } from '../../infra/local/redis-program.ts'
import { readLocalSettings } from '../../infra/local/settings.ts'

const program = redisProgram(readLocalSettings().folders.dist)
const skip = program === null ? 'redis-server is not here yet (make up fetches it)' : false

let server: ChildProcess | undefined
let folder = ''
let port = 0
let redis: ReturnType<typeof openRedis>
let view: RedisStateView

before(async () => {
  if (program === null) return
  port = (await freePorts(1))[0] ?? 0
  folder = mkdtempSync(join(tmpdir(), 'fleet-redis-'))
  server = startRedis(program)
  redis = openRedis(`redis://127.0.0.1:${port}/0`, 'projector-test')
  await eventually(() => redis.status === 'ready')
})

after(async () => {
  if (program === null) return
  redis.disconnect()
  await stopRedis()
  rmSync(folder, { recursive: true, force: true })
})

beforeEach(async () => {
  if (program === null) return
  await redis.flushdb()
  view = new RedisStateView(redis)
})

test('an unknown partition has no position', { skip }, async () => {
  assert.deepEqual(await view.positions([0, 1]), new Map())
})

test('values carry partition and offset, and the position follows', { skip }, async () => {
  await view.positions([2])
  await view.apply(2, [record('R1', 5, 1)], 8)
  assert.deepEqual(await entry('R1'), { partition: '2', offset: '5', value: valueOf('R1', 1) })
  assert.deepEqual(await view.positions([2, 3]), new Map([[2, 8]]))
})

test('an older record never replaces a newer one', { skip }, async () => {
  await view.positions([0])
  await view.apply(0, [record('R1', 9, 2)], 10)
  await view.apply(0, [record('R1', 5, 1)], 6)
  assert.equal((await entry('R1'))['offset'], '9')
  assert.deepEqual(await view.positions([0]), new Map([[0, 10]]))
})

test('offsets are compared as numbers and kept exactly', { skip }, async () => {
  const far = Number.MAX_SAFE_INTEGER - 1
  await view.positions([0])
  await view.apply(0, [record('R1', 99, 1), record('R1', far, 2)], far + 1)
  assert.equal((await entry('R1'))['offset'], String(far))
  assert.deepEqual(await view.positions([0]), new Map([[0, far + 1]]))
})

test('a tombstone leaves a marker that outlives older records', { skip }, async () => {
  await view.positions([0])
  await view.apply(0, [record('R1', 1, 1), { ...record('R1', 7, 1), value: null }], 8)
  await view.apply(0, [record('R1', 3, 1)], 4)
  assert.deepEqual(await entry('R1'), { partition: '0', offset: '7' })
  assert.ok((await redis.pttl('state:resource:demo/reservation/R1')) > 0)
  await view.apply(0, [record('R1', 12, 1)], 13)
  assert.equal(await redis.pttl('state:resource:demo/reservation/R1'), -1)
})

test('applying the same records again changes nothing', { skip }, async () => {
  await view.positions([0])
  const records = Array.from({ length: 450 }, (_, offset) =>
    record(`R${offset % 7}`, offset, offset),
  )
  await view.apply(0, records, 450)
  const first = await dump()
  await view.apply(0, records, 450)
  assert.deepEqual(await dump(), first)
  assert.equal((await view.positions([0])).get(0), 450)
})

test(
  'after a flush the position stays away until the partition is read again',
  { skip },
  async () => {
    await view.positions([0])
    await view.apply(0, [record('R1', 1, 1)], 2)
    await redis.flushdb()
    await view.apply(0, [record('R2', 2, 1)], 3)
    assert.deepEqual(await view.positions([0]), new Map(), 'the gap before offset 2 must be seen')
    await view.apply(0, [record('R1', 1, 1), record('R2', 2, 1)], 3)
    assert.deepEqual(await view.positions([0]), new Map([[0, 3]]))
    assert.equal((await entry('R1'))['offset'], '1')
  },
)

test('a position that went back is not jumped over', { skip }, async () => {
  await view.positions([0])
  await view.apply(0, [record('R1', 1, 1)], 100)
  await redis.hset('state:positions', '0', '40')
  await view.apply(0, [record('R1', 100, 2)], 101)
  assert.deepEqual(await view.positions([0]), new Map([[0, 40]]))
  await view.apply(0, [record('R1', 100, 2)], 101)
  assert.deepEqual(await view.positions([0]), new Map([[0, 101]]))
})

test('the api reads what the projector wrote', { skip }, async () => {
  await view.positions([4])
  await view.apply(4, [record('R1', 5, 3), { ...record('R2', 6, 1), value: null }], 7)
  const store = redisStateStore(redis)
  const found = await store.read('demo/reservation/R1')
  assert.deepEqual(found, { state: state('R1', 3), partition: 4, offset: 5 })
  assert.equal(await store.read('demo/reservation/R2'), null)
  assert.equal(await store.read('demo/reservation/unknown'), null)
})

test(
  'while Redis is away commands fail soon as transient, then the view goes on',
  { skip },
  async () => {
    await view.positions([0])
    await stopRedis()
    await eventually(() => redis.status !== 'ready')
    assert.equal(view.check(), 'Redis is not reachable')
    const isTransient = (error: unknown): boolean =>
      error instanceof FleetError && error.fate === 'transient'
    await assert.rejects(view.apply(0, [record('R1', 1, 1)], 2), isTransient)
    await assert.rejects(view.positions([0]), isTransient)
    if (program !== null) server = startRedis(program)
    await eventually(() => redis.status === 'ready')
    assert.deepEqual(await view.positions([0]), new Map())
    await view.apply(0, [record('R1', 1, 1)], 2)
    assert.deepEqual(await view.positions([0]), new Map([[0, 2]]))
  },
)

function record(id: string, offset: number, version: number) {
  return { key: `demo/reservation/${id}`, value: state(id, version) as unknown, offset }
}

function valueOf(id: string, version: number): string {
  return JSON.stringify(state(id, version))
}

function state(id: string, version: number): ResourceState {
  return {
    tenant_id: 'demo',
    resource: { type: 'reservation', id },
    version,
    registers: {},
    signals: {},
    deleted: false,
    updated_at: 1_767_225_600_000_000,
    lineage: {
      raw_topic: 'raw',
      raw_partition: 0,
      raw_offset: version,
      raw_timestamp: 1_767_225_600_000_000,
      delivery_id: 'd',
      part_index: 0,
      channel: 'WEBHOOK',
      provenance_key_id: 'k1',
    },
  }
}

function entry(id: string): Promise<Record<string, string>> {
  return redis.hgetall(`state:resource:demo/reservation/${id}`)
}

async function dump(): Promise<Record<string, Record<string, string>>> {
  const keys = (await redis.keys('*')).toSorted()
  const all: Record<string, Record<string, string>> = {}
  for (const key of keys) all[key] = await redis.hgetall(key)
  return all
}

function startRedis({ command, environment }: RedisProgram): ChildProcess {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder]
  return spawn(command, settings, { stdio: 'ignore', env: { ...process.env, ...environment } })
}

async function stopRedis(): Promise<void> {
  const child = server
  if (child === undefined || child.exitCode !== null) return
  const exited = new Promise(resolveExit => child.once('exit', resolveExit))
  child.kill('SIGTERM')
  await exited
}

async function eventually(condition: () => boolean, deadlineMs = 60_000): Promise<void> {
  const until = Date.now() + deadlineMs
  while (!condition()) {
    if (Date.now() > until) throw new Error('the condition did not come true')
    await new Promise(tick => setTimeout(tick, 20))
  }
}
