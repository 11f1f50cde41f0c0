// make bench-sinks: do the sinks keep up with the processor at full speed, on the same partitions? Raw
// records are there before anything starts; then the processor, every sink and the projector run as
// processes, and the lag of each stage is looked at until all of them have done all their work.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { platformSettings } from '@fleet/config'

import { freePorts, startInfrastructure } from '../../../infra/local/index.ts'
import { serviceAddresses } from '../../../infra/local/service-plans.ts'
import { describeMachine } from '../process/machine.ts'
import { until, withBench } from '../process/long/with-bench.ts'
import type { LongBench } from '../process/long/with-bench.ts'
import { doneAt, lagFigures } from './lag-figures.ts'
import type { Look, Works } from './lag-figures.ts'
import { services, worksOf } from './measured.ts'
import { startSink } from './sink-process.ts'
import type { SinkProcess } from './sink-process.ts'
import { traffic } from './traffic.ts'

const help = `The lag of every sink while the processor works off a backlog at full speed.

  make bench-sinks                  200,000 events, a fifth of them repetitions
  ARGS="--events 50000" make …      fewer

Starts a Kafka and a Redis of its own in a temporary folder and removes it. Leave the machine alone meanwhile.
`
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '200000' },
    help: { type: 'boolean', default: false },
  },
})
const partitions = 6
const lookMs = 200
const startMsMax = 120_000
const endMsMax = 900_000

async function startSinks(bench: LongBench, redisUrl: string): Promise<SinkProcess[]> {
  const addresses = serviceAddresses(platformSettings({}))
  const sinks: SinkProcess[] = []
  for (const service of Object.keys(services)) {
    const address = addresses.find(({ name }) => name === service)
    if (address === undefined) throw new Error(`no service ${service}`)
    const environment = await bench.environment('sinks', { FLEET_REDIS_URL: redisUrl })
    sinks.push(await startSink(service, address.portVariable, environment))
  }
  for (const sink of sinks)
    await until(`${sink.service} is ready`, () => sink.isReady(), startMsMax)
  return sinks
}

/** Looks at all stages until each has done its work. */
async function watch(
  bench: LongBench,
  sinks: readonly SinkProcess[],
  count: number,
  works: Works,
): Promise<{ looks: Look[]; processorEndMs: number }> {
  const looks: Look[] = []
  let processorEndMs: number | null = null
  const processor = await bench.startProcessor('sinks')
  const deadline = Date.now() + endMsMax
  for (;;) {
    const records = await processor.records()
    const atMs = Date.now()
    const found = await Promise.all(sinks.map(sink => sink.look()))
    const stages = new Map(found.flatMap(look => [...look]))
    if (records > 0) looks.push({ atMs, processed: records, stages })
    if (records >= count) processorEndMs ??= atMs
    if (processorEndMs !== null) {
      const endMs = processorEndMs
      const isDone = [...works.keys()].every(name => doneAt(looks, works, name, endMs))
      if (isDone) return { looks, processorEndMs }
    }
    if (atMs > deadline) throw new Error(`not done within ${endMsMax / 1000} s`)
    await sleep(lookMs)
  }
}

async function measure(bench: LongBench, count: number): Promise<Record<string, unknown>> {
  const load = traffic(count, Date.now())
  bench.say(`loading ${count} raw records`)
  await bench.loadRaw(load.texts)
  const dataDir = mkdtempSync(join(tmpdir(), 'fleet-bench-redis-'))
  const [kafkaPort = 0, registryPort = 0, redisPort = 0] = await freePorts(3)
  const ports = { kafkaPort, registryPort, redisPort }
  const redis = await startInfrastructure({ dataDir, ...ports, only: ['redis'] })
  let sinks: SinkProcess[] = []
  try {
    sinks = await startSinks(bench, redis.redisUrl)
    const works = worksOf(load)
    const { looks, processorEndMs } = await watch(bench, sinks, count, works)
    const cpu = Object.fromEntries(
      sinks.map(sink => [sink.service, Math.round(sink.cpuSeconds() * 10) / 10]),
    )
    const figures = lagFigures(looks, works, processorEndMs)
    for (const line of figures.table) bench.say(line)
    return { events: count, partitions, ...figures.result, sink_cpu_s: cpu }
  } finally {
    for (const sink of sinks) sink.kill()
    await redis.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

if (values.help) process.stdout.write(help)
else {
  describeMachine(text => process.stdout.write(`${text}\n`))
  await withBench('sinks', partitions, bench => measure(bench, Number(values.events)))
}
