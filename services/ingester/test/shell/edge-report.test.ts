// What an alert can see of the edge: refusals by reason, slow answers, the breaker, limits of real endpoints.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { systemClock } from '@fleet/runtime'
import { createMetrics, silentLogger } from '@fleet/telemetry'
import { EdgeReport } from '../../src/shell/edge-report.ts'
import type { Outcome } from '../../src/shell/edge-report.ts'
import { closeEdges, levy, levyBody, openEdge, post, postLevy } from '../edge-harness.ts'

after(closeEdges)

async function valueOf(metrics: { text(): Promise<string> }, series: string): Promise<number> {
  const line = (await metrics.text()).split('\n').find(text => text.startsWith(`${series} `))
  return Number(line?.slice(series.length + 1) ?? 0)
}

const line = () => ({ endpointId: 'levy', remoteIp: '127.0.0.1', traceId: null })

const endpoint = { id: 'levy', senderTimeoutMs: null }

const slowCases: [Outcome, number, number][] = [
  ['accepted', 4999, 0],
  ['accepted', 5001, 1],
  ['challenge', 5001, 1],
  ['unavailable', 8000, 1],
  ['request_timeout', 15_000, 0],
  ['aborted', 9000, 0],
  ['unauthorized', 9000, 0],
]
for (const [outcome, elapsedMs, slow] of slowCases) {
  test(`${outcome} after ${elapsedMs} ms of a sender’s 15 s: ${slow === 1 ? 'slow' : 'not slow'}`, async () => {
    const metrics = createMetrics('test')
    const clock = { ...systemClock, elapsedMs: () => 100_000 + elapsedMs }
    const report = new EdgeReport(metrics, silentLogger, clock, 15_000)
    report.delivery(outcome, endpoint, 100_000, null, line)
    assert.equal(await valueOf(metrics, 'fleet_ingest_slow_answers_total{endpoint="levy"}'), slow)
  })
}

test('an endpoint whose sender waits longer, or less long, is slow by its own time', async () => {
  const metrics = createMetrics('test')
  const clock = { ...systemClock, elapsedMs: () => 102_000 }
  const report = new EdgeReport(metrics, silentLogger, clock, 15_000)
  report.delivery('accepted', { id: 'levy', senderTimeoutMs: 5000 }, 100_000, null, line)
  report.delivery('accepted', { id: 'patient', senderTimeoutMs: 60_000 }, 100_000, null, line)
  assert.equal(await valueOf(metrics, 'fleet_ingest_slow_answers_total{endpoint="levy"}'), 1)
  assert.equal(await valueOf(metrics, 'fleet_ingest_slow_answers_total{endpoint="patient"}'), 0)
})

test('what alerts read of an endpoint is there as 0 before its first refusal, once and bounded', async () => {
  const metrics = createMetrics('test')
  const report = new EdgeReport(metrics, silentLogger, systemClock, 15_000)
  report.delivery('unauthorized', endpoint, 0, 'stale', line)
  report.arm(['levy', 'ump'])
  report.arm(['levy', ...Array.from({ length: 2000 }, (_, index) => `more-${index}`)])
  const text = await metrics.text()
  const refusals = (id: string, reason: string): string =>
    `fleet_ingest_refusals_total{endpoint="${id}",reason="${reason}"}`
  assert.ok(text.includes(`${refusals('levy', 'stale')} 1`))
  assert.ok(text.includes(`${refusals('unknown', 'unknown_endpoint')} 0`))
  for (const reason of ['bad_signature', 'missing_signature', 'stale', 'challenge_refused']) {
    assert.ok(text.includes(`${refusals('ump', reason)} 0`), reason)
  }
  for (const outcome of ['body_too_large', 'rate_limited']) {
    const series = `fleet_ingest_deliveries_total{endpoint="ump",outcome="${outcome}"} 0`
    assert.ok(text.includes(series), outcome)
  }
  assert.ok(text.includes('fleet_ingest_slow_answers_total{endpoint="ump"} 0'))
  assert.ok(!text.includes('more-1500'))
})

test('a scrape of the edge shows the series of its endpoints before any delivery', async () => {
  const edge = await openEdge()
  const text = await (await fetch(`http://127.0.0.1:${edge.port}/metrics`)).text()
  assert.match(text, /fleet_ingest_refusals_total\{endpoint="levy",reason="bad_signature"\} 0/)
})

test('refusals are counted by endpoint and reason, those of made up ids together', async () => {
  const edge = await openEdge({ endpoints: [{ ...levy, limits: { body_bytes: 400 } }] })
  await post(edge, 'levy', 'x')
  await postLevy(edge, 'x', { 'x-levy-signature': `sha256=${'0'.repeat(64)}` })
  for (const id of ['a', 'b']) await post(edge, id, 'x')
  await postLevy(edge, levyBody('e-1', { pad: 'x'.repeat(400) }))
  const count = (endpoint: string, reason: string): Promise<number> =>
    valueOf(edge.metrics, `fleet_ingest_refusals_total{endpoint="${endpoint}",reason="${reason}"}`)
  assert.equal(await count('levy', 'missing_signature'), 1)
  assert.equal(await count('levy', 'bad_signature'), 1)
  assert.equal(await count('unknown', 'unknown_endpoint'), 2)
  assert.equal(await count('levy', 'body_too_large'), 1)
  const tooLarge = 'fleet_ingest_deliveries_total{endpoint="levy",outcome="body_too_large"}'
  assert.equal(await valueOf(edge.metrics, tooLarge), 1)
})
