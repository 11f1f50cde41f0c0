import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../src/index.ts'

test('names and labels come out exactly as they go in', async () => {
  const metrics = createMetrics('test')
  metrics.counter('fleet_things_total', 'Things.').add(2, { endpoint: 'a', outcome: 'accepted' })
  metrics.counter('fleet_things_total', 'Things.').add(1, { endpoint: 'a', outcome: 'accepted' })
  metrics.counter('fleet_dead_letters', 'Dead letters.').add(1, { stage: 's' })
  metrics.gauge('fleet_ready', 'Ready.', () => [{ value: 1 }, { value: 0, labels: { at: 'b' } }])
  assert.equal(
    await metrics.text(),
    [
      '# HELP fleet_things_total Things.',
      '# TYPE fleet_things_total counter',
      'fleet_things_total{endpoint="a",outcome="accepted"} 3',
      '# HELP fleet_dead_letters Dead letters.',
      '# TYPE fleet_dead_letters gauge',
      'fleet_dead_letters{stage="s"} 1',
      '# HELP fleet_ready Ready.',
      '# TYPE fleet_ready gauge',
      'fleet_ready 1',
      'fleet_ready{at="b"} 0',
      '',
    ].join('\n'),
  )
})

test('a histogram has our boundaries, the count and the sum', async () => {
  const metrics = createMetrics('test')
  const histogram = metrics.histogram('fleet_seconds', 'Time.', [0.01, 1])
  histogram.observe(0.005)
  histogram.observe(5)
  const lines = (await metrics.text()).split('\n').filter(line => line.startsWith('fleet_'))
  assert.deepEqual(lines, [
    'fleet_seconds_count 2',
    'fleet_seconds_sum 5.005',
    'fleet_seconds_bucket{le="0.01"} 1',
    'fleet_seconds_bucket{le="1"} 1',
    'fleet_seconds_bucket{le="+Inf"} 2',
  ])
})

test('without boundaries they reach from a millisecond to ten seconds', async () => {
  const metrics = createMetrics('test')
  metrics.histogram('fleet_seconds', 'Time.').observe(0.0004)
  const text = await metrics.text()
  assert.match(text, /le="0\.001"\} 1\n/)
  assert.match(text, /le="10"\} 1\n/)
})

test('what is counted between two scrapes is all there, however many series wait', async () => {
  const metrics = createMetrics('test')
  const counter = metrics.counter('fleet_test_total', 'Test.')
  for (let round = 0; round < 2; round++) {
    for (let series = 0; series < 1500; series++) counter.add(1, { series: String(series) })
    const counts = (await metrics.text()).match(/^fleet_test_total\{.*\} \d+$/gm) ?? []
    assert.equal(counts.length, 1500)
    for (const line of counts) assert.ok(line.endsWith(` ${round + 1}`), line)
  }
})

test('a gauge says what is, also after the clock was set back', async context => {
  context.mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-06-02T12:00:00Z') })
  const metrics = createMetrics('test')
  let lag = 70
  metrics.gauge('fleet_stage_lag', 'Lag.', () => [{ value: lag }])
  assert.match(await metrics.text(), /^fleet_stage_lag 70$/m)
  context.mock.timers.setTime(Date.parse('2026-06-01T12:00:00Z'))
  lag = 3
  assert.match(await metrics.text(), /^fleet_stage_lag 3$/m)
})

test('a series that is no longer read is gone', async () => {
  const metrics = createMetrics('test')
  let owners = ['a', 'b']
  metrics.gauge('fleet_owned', 'Owned.', () =>
    owners.map(owner => ({ value: 1, labels: { owner } })),
  )
  assert.match(await metrics.text(), /owner="b"/)
  owners = ['a']
  assert.doesNotMatch(await metrics.text(), /owner="b"/)
})

test('a gauge that can not be read is missing, and nothing else', async () => {
  const metrics = createMetrics('test')
  metrics.counter('fleet_things_total', 'Things.').add(1)
  metrics.gauge('fleet_broken', 'Broken.', () => {
    throw new Error('no certificate')
  })
  metrics.gauge('fleet_ready', 'Ready.', () => [{ value: 1 }])
  const text = await metrics.text()
  assert.doesNotMatch(text, /fleet_broken/)
  assert.match(text, /^fleet_things_total 1$/m)
  assert.match(text, /^fleet_ready 1$/m)
})

test('series of a histogram are told apart by their labels, whatever their order', async () => {
  const metrics = createMetrics('test')
  const histogram = metrics.histogram('fleet_seconds', 'Time.', [2, 1])
  const labels = { stage: 'processor', verdict: 'published' }
  for (const seconds of [1, 1.5]) histogram.observe(seconds, labels)
  histogram.observe(2, { verdict: 'published', stage: 'processor' })
  histogram.observe(3, { stage: 'sink' })
  for (const none of [Number.NaN, -1]) histogram.observe(none, labels)
  assert.equal(metrics.histogram('fleet_seconds', 'Time.'), histogram)
  const lines = (await metrics.text()).split('\n').filter(line => line.startsWith('fleet_'))
  const published = 'stage="processor",verdict="published"'
  assert.deepEqual(lines, [
    `fleet_seconds_count{${published}} 3`,
    `fleet_seconds_sum{${published}} 4.5`,
    // A boundary's own value is below it.
    `fleet_seconds_bucket{${published},le="1"} 1`,
    `fleet_seconds_bucket{${published},le="2"} 3`,
    `fleet_seconds_bucket{${published},le="+Inf"} 3`,
    'fleet_seconds_count{stage="sink"} 1',
    'fleet_seconds_sum{stage="sink"} 3',
    'fleet_seconds_bucket{stage="sink",le="1"} 0',
    'fleet_seconds_bucket{stage="sink",le="2"} 0',
    'fleet_seconds_bucket{stage="sink",le="+Inf"} 1',
  ])
})

test('a histogram of more series than are kept counts the others as one', async () => {
  const metrics = createMetrics('test')
  const histogram = metrics.histogram('fleet_seconds', 'Time.', [1])
  for (let series = 0; series < 10_005; series++) histogram.observe(0, { series: String(series) })
  const counts = (await metrics.text()).match(/^fleet_seconds_count\{.*\} \d+$/gm) ?? []
  assert.equal(counts.length, 10_000)
  assert.match(counts.at(-1) ?? '', /otel_metric_overflow="true"\} 6$/)
})
