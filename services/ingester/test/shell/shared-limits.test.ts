// Redis away: each process counts alone, which is seen in one line and a metric. (With a Redis:
// shared-limits.integration.test.ts.)

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '@fleet/runtime'
import { createLogger, createMetrics } from '@fleet/telemetry'
import { SharedLimits } from '../../src/shell/shared-limits.ts'
import { closedPort } from './fixtures/tcp-gate.ts'

test('without Redis a limit still holds, deliveries are not held up, and it is told once', async () => {
  const lines: string[] = []
  const destination = { write: (line: string): unknown => lines.push(line) }
  const metrics = createMetrics('test')
  const limits = new SharedLimits({
    redisUrl: `redis://127.0.0.1:${await closedPort()}/0`,
    environment: 'test',
    clock: systemClock,
    logger: createLogger('test', { level: 'info', destination }),
    metrics,
  })
  const taken: boolean[] = []
  const startedMs = systemClock.elapsedMs()
  for (let i = 0; i < 30; i++) {
    const call = { limit: 'endpoint', key: 'levy', perSecond: 10, nowMs: startedMs } as const
    taken.push((await limits.take(call)).allowed)
  }
  limits.close()
  assert.ok(systemClock.elapsedMs() - startedMs < 2000)
  assert.equal(taken.filter(allowed => allowed).length, 20)
  assert.equal(lines.filter(line => line.includes('limits.redis_away')).length, 1)
  assert.match(await metrics.text(), /^fleet_ingest_limits_alone_total 30$/m)
})
