// The processor as it is, on the loaded raw topic: full lane. Prints DONE when all records are committed.
// usage: run.ts <expected records>

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { memoryRegistry, openCodec } from '@fleet/codec'
import { topics } from '@fleet/contracts'
import { connectKafka } from '@fleet/kafka'
import { systemClock, systemIds, systemRandom } from '@fleet/runtime'
import { platform, ProvenanceKeyRing } from '@fleet/signatures'
import { parseEndpoints } from '@fleet/sources'
import { runStage, StageMeters } from '@fleet/stage'
import { createMetrics, silentLogger } from '@fleet/telemetry'

import { processorStage } from '../../../services/processor/src/index.ts'
import { benchKeys } from './setting.ts'

const expected = Number(process.argv[2])
const reading = parseEndpoints(readFileSync('infra/local/endpoints.json', 'utf8'), 'development')
if (!reading.ok) throw new Error('endpoints')
const endpoints = new Map(reading.endpoints.map(endpoint => [endpoint.id, endpoint]))
const keyRing = ProvenanceKeyRing.parse(benchKeys)
const settings = { dedupeWindowHours: 168, maxSkewSeconds: 300, stateHorizonDays: 400, seenIdsMax: 5e6 }
const stage = processorStage({ settings, keyRing: () => keyRing, endpoints: () => endpoints, platform })
const codec = await openCodec({ registry: memoryRegistry(), cacheFile: null, clock: systemClock })
await codec.load([...stage.outputs, topics.deadLetters.processor])
const broker = connectKafka({ brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','), clientId: 'bench' })
const started = Date.now()
const running = await runStage(stage, {
  environment: process.env['BENCH_ENV'] ?? 'bench',
  broker,
  codec,
  metrics: new StageMeters(createMetrics('bench')).forStage('processor'),
  logger: silentLogger,
  clock: systemClock,
  ids: systemIds,
  random: systemRandom,
  sha256Hex: text => createHash('sha256').update(text).digest('hex'),
})
running.failed.catch(error => {
  console.error(error)
  process.exit(1)
})
let first = 0
const sum = (): number =>
  running.tasks().reduce((all, { counts }) => all + Object.values(counts).reduce((a, b) => a + b, 0), 0)
const cpu = process.cpuUsage()
for (;;) {
  await new Promise(resolve => setTimeout(resolve, 20))
  const done = sum()
  if (first === 0 && done > 0) first = Date.now()
  if (done >= expected) break
}
const used = process.cpuUsage(cpu)
const end = Date.now()
const tasks = running.tasks()
console.log(
  'DONE',
  JSON.stringify({
    t_first: first,
    t_end: end,
    events_per_s: Math.round(expected / ((end - first) / 1000)),
    cpu_s_per_1000: ((used.user + used.system) / 1e6 / expected) * 1000,
    start_ms: first - started,
    counts: tasks.map(task => task.counts),
    rss_mb: Math.round(process.memoryUsage().rss / 1048576),
  }),
)
await running.stop()
process.exit(0)
