// Real processes on one port: how they share the work, and every way in which they end.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@fleet/runtime'
import type { Look } from '../../src/workers/look.ts'

const fixture = fileURLToPath(new URL('./fixtures/served.ts', import.meta.url))
const deadlineMs = 30_000
const groups: number[] = []

after(() => {
  for (const pid of groups) signalGroup(pid, 'SIGKILL')
})

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // Nobody left.
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = systemClock.elapsedMs() + deadlineMs
  while (!(await condition())) {
    assert.ok(systemClock.elapsedMs() < endMs, 'it did not happen')
    await systemClock.sleep(20)
  }
}

/** In a process group of its own, as under a terminal or an init system. */
function start(port: number) {
  const child = spawn(process.execPath, ['--import', 'tsx', fixture, `${port}`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const pid = child.pid ?? 0
  groups.push(pid)
  const seen = { out: '', err: '', status: undefined as number | null | undefined }
  child.stdout.on('data', (chunk: Buffer) => (seen.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (seen.err += chunk.toString()))
  child.on('close', status => (seen.status = status))
  return { pid, seen }
}

const upPids = (out: string): number[] =>
  [...out.matchAll(/^up (\d+) /gm)].map(([, pid]) => Number(pid))

async function startBoth() {
  const { pid, seen } = start(0)
  await eventually(() => upPids(seen.out).length === 2)
  const port = /^up \d+ (\d+)$/m.exec(seen.out)?.[1]
  const get = async (path: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    return response.text()
  }
  const look = async (): Promise<Look> => JSON.parse(await get('/look')) as Look
  await eventually(async () => (await look()).checks['workers'] === 'ok')
  return { pid, seen, get, look, workers: upPids(seen.out) }
}

const requestsIn = ({ metrics }: Look): number =>
  Number(/^requests_total (\d+)$/m.exec(metrics)?.[1] ?? 0)

test('both serve one port and are shown as one; one that is killed is replaced', async () => {
  const { pid, seen, get, look, workers } = await startBoth()
  const served = new Set<number>()
  for (let count = 0; count < 10; count++) served.add(Number(await get('/')))
  assert.deepEqual(served, new Set(workers))
  const before = await look()
  assert.equal(requestsIn(before), 10)
  assert.deepEqual(before.checks, { workers: 'ok', own: 'ok' })

  const [victim = 0] = workers
  process.kill(victim, 'SIGKILL')
  await eventually(() => upPids(seen.out).length === 3)
  const successor = upPids(seen.out)[2]
  await eventually(async () => Number(await get('/')) === successor)
  const behind = await look()
  assert.ok(requestsIn(behind) >= 11)
  assert.match(behind.metrics, /^fleet_ingest_worker_exits_total 1$/m)

  process.kill(pid, 'SIGTERM')
  await eventually(() => seen.status !== undefined)
  assert.equal(seen.status, 0, seen.err)
})

test('a signal to the whole group ends all in order: what is under way is answered first', async () => {
  const { pid, seen, get, workers } = await startBoth()
  const slow = get('/slow')
  await eventually(() => seen.out.includes('slow'))
  signalGroup(pid, 'SIGINT')
  assert.ok(workers.includes(Number(await slow)))
  await eventually(() => seen.status !== undefined)
  assert.equal(seen.status, 0, seen.err)
  assert.equal(seen.err, '')
})

test('a primary that is killed leaves no worker behind', async () => {
  const { pid, workers } = await startBoth()
  process.kill(pid, 'SIGKILL')
  await eventually(() => !workers.some(isAlive))
})

test('what no successor could mend ends all with status 1', async () => {
  const holder = createServer()
  await new Promise<void>(resolve => void holder.listen(0, '127.0.0.1', resolve))
  const { seen } = start((holder.address() as AddressInfo).port)
  await eventually(() => seen.status !== undefined)
  holder.close()
  assert.equal(seen.status, 1)
  assert.match(seen.err, /"code":"TAKEN","msg":"service.failed: worker \d: /)
})
