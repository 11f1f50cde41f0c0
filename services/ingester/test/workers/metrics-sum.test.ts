import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '@fleet/telemetry'
import { MetricsSum } from '../../src/workers/metrics-sum.ts'

async function metricsOf(count: number, seconds: number, gauge: number): Promise<string> {
  const metrics = createMetrics('test')
  metrics.counter('requests_total', 'Requests.').add(count, { endpoint: 'a b "c" }', outcome: 'x' })
  metrics.histogram('seconds', 'Time.', [0.1, 1]).observe(seconds)
  metrics.gauge('open', 'Open.', () => [{ value: gauge }, { value: 1, labels: { kind: 'k' } }])
  return metrics.text()
}

test('counters and histograms are added series by series, gauges are kept apart', async () => {
  const sum = new MetricsSum()
  sum.add(await metricsOf(2, 0.05, 7), { label: 'worker="1"' })
  sum.add(await metricsOf(3, 0.5, 9), { label: 'worker="2"' })
  assert.equal(
    sum.text(),
    [
      '# HELP requests_total Requests.',
      '# TYPE requests_total counter',
      'requests_total{endpoint="a b \\"c\\" }",outcome="x"} 5',
      '# HELP seconds Time.',
      '# TYPE seconds histogram',
      'seconds_count 2',
      'seconds_sum 0.55',
      'seconds_bucket{le="0.1"} 1',
      'seconds_bucket{le="1"} 2',
      'seconds_bucket{le="+Inf"} 2',
      '# HELP open Open.',
      '# TYPE open gauge',
      'open{worker="1"} 7',
      'open{worker="1",kind="k"} 1',
      'open{worker="2"} 9',
      'open{worker="2",kind="k"} 1',
      '',
    ].join('\n'),
  )
})

test('one text comes out as it went in when gauges are left as they are', async () => {
  const text = await metricsOf(2, 0.5, 7)
  const sum = new MetricsSum()
  sum.add(text, 'as they are')
  assert.equal(sum.text(), text)
})

test('what is left of a process that is gone are its counts, not its states', async () => {
  const sum = new MetricsSum()
  sum.add(await metricsOf(2, 0.5, 7), 'left out')
  assert.match(sum.text(), /requests_total\{.*\} 2\n/)
  assert.doesNotMatch(sum.text(), /open/)
})

test('nothing adds up to nothing', () => {
  const sum = new MetricsSum()
  sum.add('', 'as they are')
  assert.equal(sum.text(), '')
})
