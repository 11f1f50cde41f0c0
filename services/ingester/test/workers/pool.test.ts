// The primary with workers that the test plays.

import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { FleetError, Scope } from '@fleet/runtime'
import { createMetrics, readinessOf, silentLogger } from '@fleet/telemetry'
import type { Checks } from '@fleet/telemetry'
import { WorkerPool } from '../../src/workers/pool.ts'
import { manualClock } from './manual-clock.ts'

class PlayedWorker extends EventEmitter {
  readonly sent: unknown[] = []
  readonly signals: string[] = []
  connected = true
  checks: Checks = { kafka: 'ok' }
  count = 0
  isSilent = false
  readonly process = { pid: 1, kill: (signal: string) => void this.signals.push(signal) }

  isConnected(): boolean {
    return this.connected
  }

  send(message: unknown): boolean {
    this.sent.push(message)
    const { fleet, ask } = message as { fleet?: string; ask?: number }
    if (fleet === 'report' && !this.isSilent) queueMicrotask(() => this.report(ask ?? null))
    return true
  }

  report(ask: number | null = null): void {
    const metrics = `# TYPE n_total counter\nn_total ${this.count}\n`
    this.emit('message', { fleet: 'report', ask, look: { checks: this.checks, metrics } })
  }

  exit(status: number | null, signal: string | null = null): void {
    this.connected = false
    this.emit('exit', status, signal)
  }
}

function openPool(count = 2) {
  const clock = manualClock()
  const workers: PlayedWorker[] = []
  const failures: FleetError[] = []
  const stopping = new AbortController()
  const scope: Scope = {
    onClose: () => {},
    fail: error => failures.push(error as FleetError),
    stopping: stopping.signal,
  }
  const fork = (): PlayedWorker => {
    const worker = new PlayedWorker()
    workers.push(worker)
    return worker
  }
  const metrics = createMetrics('test')
  const pool = new WorkerPool({ count, fork, scope, metrics, logger: silentLogger, clock })
  pool.start()
  const worker = (index: number): PlayedWorker => {
    const found = workers[index]
    assert.ok(found !== undefined)
    return found
  }
  return { pool, clock, workers, worker, failures, stopping }
}

/** Both report once, as they do when they listen. */
function openRunning() {
  const opened = openPool()
  for (const worker of opened.workers) worker.report()
  return opened
}

test('a worker that ended is replaced after a pause that grows while it keeps dying', () => {
  const { clock, workers } = openPool(1)
  for (const pauseMs of [100, 200, 400]) {
    const born = workers.length
    workers.at(-1)?.exit(null, 'SIGKILL')
    clock.advance(pauseMs - 1)
    assert.equal(workers.length, born)
    clock.advance(1)
    assert.equal(workers.length, born + 1)
  }
  clock.advance(30_000)
  workers.at(-1)?.exit(1)
  clock.advance(100)
  assert.equal(workers.length, 5)
})

const ends = [
  {
    what: 'says that it can not go on',
    play: (worker: PlayedWorker) =>
      worker.emit('message', { fleet: 'fatal', code: 'LISTEN_FAILED', message: 'taken' }),
    code: 'LISTEN_FAILED',
  },
  {
    what: 'ends as misconfigured',
    play: (worker: PlayedWorker) => worker.exit(2),
    code: 'CONFIG',
  },
]
for (const { what, play, code } of ends) {
  test(`a worker that ${what} ends them all and is not replaced`, () => {
    const { clock, workers, worker, failures } = openPool()
    play(worker(0))
    assert.deepEqual(
      failures.map(failure => failure.code),
      [code],
    )
    worker(1).exit(1)
    clock.advance(60_000)
    assert.equal(workers.length, 2)
  })
}

test('all are shown as one: counts added, and not ready while one is not', async () => {
  const { pool, worker } = openRunning()
  worker(0).count = 3
  worker(1).count = 4
  const well = await pool.look()
  assert.deepEqual(well.checks, { workers: 'ok', kafka: 'ok' })
  assert.match(well.metrics, /^n_total 7$/m)
  assert.match(well.metrics, /^fleet_ingest_workers 2$/m)
  worker(1).checks = { kafka: 'away' }
  const { checks } = await pool.look()
  assert.deepEqual(checks, { workers: 'ok', kafka: 'worker 2: away' })
  assert.equal(readinessOf(checks).status, 503)
})

test('not ready until every worker has reported once, and while one hangs', async () => {
  const { pool, clock, worker } = openPool()
  worker(0).report()
  assert.equal((await pool.look()).checks['workers'], 'worker 2 has not reported yet')
  worker(1).report()
  worker(1).isSilent = true
  const looking = pool.look()
  await turn()
  clock.advance(1000)
  assert.equal((await looking).checks['workers'], 'worker 2 does not answer')
})

test('counts of a worker that is gone stay, and the others stay ready', async () => {
  const { pool, clock, workers, worker } = openRunning()
  worker(0).count = 3
  worker(1).count = 4
  await pool.look()
  worker(1).exit(null, 'SIGKILL')
  const without = await pool.look()
  assert.equal(readinessOf(without.checks).status, 200)
  assert.match(without.metrics, /^n_total 7$/m)
  assert.match(without.metrics, /^fleet_ingest_workers 1$/m)
  assert.match(without.metrics, /^fleet_ingest_worker_exits_total 1$/m)
  clock.advance(100)
  assert.equal(readinessOf((await pool.look()).checks).status, 200)
  const successor = workers.at(-1)
  assert.ok(successor !== undefined)
  successor.count = 1
  successor.report()
  assert.match((await pool.look()).metrics, /^n_total 8$/m)
})

test('a worker that ends while it is asked does not hold up the answer', async () => {
  const { pool, worker } = openRunning()
  worker(1).isSilent = true
  const looking = pool.look()
  worker(1).exit(1)
  assert.equal((await looking).checks['workers'], 'ok')
})

test('told to stop, every worker is asked once, and its end is waited for', async () => {
  const { pool, worker, stopping } = openRunning()
  stopping.abort()
  const stopped = pool.stop()
  assert.deepEqual([worker(0).sent.at(-1), worker(1).sent.at(-1)], ['stop', 'stop'])
  assert.deepEqual(worker(0).signals, [])
  worker(0).exit(0)
  let isStopped = false
  void stopped.then(() => (isStopped = true))
  await turn()
  assert.equal(isStopped, false)
  worker(1).exit(0)
  await stopped
})

test('a worker that is still loading gets the signal, and its death by it is no failure', async () => {
  const { pool, worker, stopping } = openPool(1)
  stopping.abort()
  const stopped = pool.stop()
  assert.deepEqual(worker(0).signals, ['SIGTERM'])
  worker(0).exit(null, 'SIGTERM')
  await stopped
})

test('one that does not end in time is killed, and the stop is not clean', async () => {
  const { pool, clock, worker, stopping } = openRunning()
  stopping.abort()
  const stopped = pool.stop()
  worker(0).exit(0)
  clock.advance(9200)
  assert.deepEqual(worker(1).signals, ['SIGKILL'])
  worker(1).exit(null, 'SIGKILL')
  await assert.rejects(stopped, /worker 2 ended with SIGKILL/)
})

test('what waits for its pause when all stop is not started any more', async () => {
  const { pool, clock, workers, worker, stopping } = openRunning()
  worker(1).exit(1)
  stopping.abort()
  const stopped = pool.stop()
  worker(0).exit(0)
  await stopped
  clock.advance(60_000)
  assert.equal(workers.length, 2)
})
