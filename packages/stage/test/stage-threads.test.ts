// A service with worker threads, as a process: it looks like one service, ends as one, and never
// lives on with a thread missing.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('fixtures/threaded-service.ts', import.meta.url))
const deadlineMs = 60_000

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

interface Service {
  get(path: string): Promise<{ status: number; text: string }>
  stop(): void
  readonly ended: Promise<{ status: number | null; errors: string }>
}

async function start(scenario: string): Promise<Service> {
  const port = await freePort()
  const child = spawn(process.execPath, ['--import', 'tsx', program, String(port), scenario])
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const ended = once(child, 'close').then(([status]) => ({
    status: status as number | null,
    errors,
  }))
  return {
    get: async path => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`)
      return { status: answer.status, text: await answer.text() }
    },
    stop: () => void child.kill('SIGTERM'),
    ended,
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + deadlineMs
  while (!(await condition().catch(() => false))) {
    assert.ok(Date.now() < deadline, 'not in time')
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

test(
  'two threads show as one service: ready when both are, metrics summed; SIGTERM ends both',
  { timeout: 120_000 },
  async () => {
    const service = await start('run')
    await until(async () => (await service.get('/ready')).status === 200)
    const { text } = await service.get('/metrics')
    const lines = [
      'fleet_stage_records_total{stage="processor",verdict="published"} 6',
      'fleet_stage_lag{stage="processor"} 10',
      'fleet_stage_lag_unknown{stage="processor"} 2',
      'fleet_stage_tasks{stage="processor"} 2',
      'fleet_dead_letters{stage="processor"} 2',
      'fleet_stage_state{stage="processor",what="ids"} 14',
      'fleet_end_to_end_seconds_count{stage="processor"} 2',
    ]
    for (const line of lines) assert.ok(text.includes(line), `${line} is not in\n${text}`)
    service.stop()
    assert.deepEqual(await service.ended, { status: 0, errors: '' })
  },
)

test('a thread that fails ends the process, which says why', { timeout: 120_000 }, async () => {
  const service = await start('failing')
  const { status, errors } = await service.ended
  assert.equal(status, 1)
  const codes = errors
    .trim()
    .split('\n')
    .map(line => (JSON.parse(line) as { code: string }).code)
  assert.ok(codes.includes('PARTITION_MISMATCH'), errors)
  assert.ok(codes.includes('TASK_FAILED'), errors)
})
