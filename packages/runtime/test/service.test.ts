// The whole process is the subject, so each case runs one and ends it.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { stopProcess } from '../src/index.ts'

const fixture = fileURLToPath(new URL('./fixtures/life.ts', import.meta.url))

interface Ended {
  status: number | null
  out: string
  err: string
}

function run(scenario: string, signal?: NodeJS.Signals): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', 'tsx', fixture, scenario])
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
    if (signal !== undefined && out.includes('started')) child.kill(signal)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString()
  })
  return new Promise(resolve => {
    child.on('close', status => resolve({ status, out, err }))
  })
}

const inReverse = 'closed second, stopping true\nclosed first\n'

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} closes in reverse order and exits 0`, async () => {
    assert.deepEqual(await run('run', signal), { status: 0, out: `started\n${inReverse}`, err: '' })
  })
}

const failures = [
  { scenario: 'start-error', status: 1, code: 'INTERNAL', message: 'no start' },
  { scenario: 'configuration', status: 2, code: 'CONFIG', message: 'A is missing' },
  { scenario: 'policies', status: 2, code: 'POLICIES_INVALID', message: 'B is wrong' },
  { scenario: 'rejection', status: 1, code: 'INTERNAL', message: 'forgotten' },
  { scenario: 'fail', status: 1, code: 'INTERNAL', message: 'later' },
]
for (const { scenario, status, code, message } of failures) {
  test(`${scenario}: one fatal line, closers, exit ${status}`, async () => {
    const ended = await run(scenario)
    assert.equal(ended.status, status)
    assert.ok(ended.out.endsWith(inReverse), ended.out)
    const lines = ended.err.trim().split('\n')
    assert.equal(lines.length, 1)
    const line = JSON.parse(lines[0] ?? '') as Record<string, string>
    assert.equal(line['level'], 'fatal')
    assert.equal(line['code'], code)
    assert.equal(line['msg'], `service.failed: ${message}`)
  })
}

test('a closer that throws does not keep the others from closing; exit 1', async () => {
  const ended = await run('bad-closer', 'SIGTERM')
  assert.equal(ended.status, 1)
  assert.ok(ended.out.endsWith(inReverse))
  assert.match(ended.err, /service\.close_failed second: closer broke/)
})

test('asked to stop by its parent, it ends in order; the signal of its group changes nothing', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', fixture, 'run'], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let out = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString()
    if (!out.includes('started')) return
    child.stdout?.removeAllListeners('data').on('data', (more: Buffer) => (out += more.toString()))
    stopProcess(child)
    child.kill('SIGTERM')
  })
  const status = await new Promise(resolve => void child.on('close', resolve))
  assert.deepEqual({ status, out }, { status: 0, out: `started\n${inReverse}` })
})
