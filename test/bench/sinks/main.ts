// make bench-sinks: do the sinks keep up with the processor at full speed, on the same partitions? Raw
// records are there before anything starts; then the processor and every sink run as processes, and the
// lag of each stage is looked at until all of them have done all their work.

import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { platformSettings } from '@fleet/config'
import { domains, topics } from '@fleet/contracts'
import type { StageName } from '@fleet/contracts'

import { serviceAddresses } from '../../../infra/local/service-plans.ts'
import { describeMachine } from '../process/machine.ts'
import { until, withBench } from '../process/long/with-bench.ts'
import type { LongBench } from '../process/long/with-bench.ts'
import { lagFigures } from './lag-figures.ts'
import type { Look } from './lag-figures.ts'
import { startSink } from './sink-process.ts'
import type { SinkProcess } from './sink-process.ts'
import { traffic } from './traffic.ts'
import type { Traffic } from './traffic.ts'

const help = `The lag of every sink while the processor works off a backlog at full speed.

  make bench-sinks                  200,000 events, a fifth of them repetitions
  ARGS="--events 50000" make …      fewer

Starts a Kafka of its own in a temporary folder and removes it. Leave the machine alone meanwhile.
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

/** Every service that reads domain events, by the stages of it that do. */
const readers: Readonly<Record<string, readonly StageName[]>> = {
  'crm-sink': ['crm-sink'],
  'accounting-sink': ['accounting-sink'],
  'alerting-sink': ['alerting-router'],
  automation: ['automation'],
}

async function startSinks(bench: LongBench): Promise<SinkProcess[]> {
  const addresses = serviceAddresses(platformSettings({}))
  const sinks: SinkProcess[] = []
  for (const service of Object.keys(readers)) {
    const address = addresses.find(({ name }) => name === service)
    if (address === undefined) throw new Error(`no service ${service}`)
    const environment = await bench.environment('sinks')
    sinks.push(await startSink(service, address.portVariable, environment))
  }
  for (const sink of sinks)
    await until(`${sink.service} is ready`, () => sink.isReady(), startMsMax)
  return sinks
}

/** What a stage has to do: each different event of the topics its service reads, once. */
function workOf(service: string, { distinct }: Traffic): number {
  return domains
    .filter(domain => topics.events[domain].readers.some(reader => reader === service))
    .reduce((sum, domain) => sum + (distinct.get(domain) ?? 0), 0)
}

async function measure(bench: LongBench, count: number): Promise<Record<string, unknown>> {
  const load = traffic(count)
  bench.say(`loading ${count} raw records`)
  await bench.loadRaw(load.texts)
  const sinks = await startSinks(bench)
  const looks: Look[] = []
  let processorEndMs: number | null = null
  try {
    const processor = await bench.startProcessor('sinks')
    const deadline = Date.now() + endMsMax
    for (;;) {
      const records = await processor.records()
      const atMs = Date.now()
      const found = await Promise.all(sinks.map(sink => sink.look()))
      const stages = new Map(found.flatMap(look => [...look]))
      if (records > 0) looks.push({ atMs, processed: records, stages })
      if (records >= count) processorEndMs ??= atMs
      const isDone = Object.entries(readers).every(([service, names]) =>
        names.every(name => (stages.get(name)?.records ?? 0) >= workOf(service, load)),
      )
      if (isDone && processorEndMs !== null) break
      if (atMs > deadline) throw new Error(`not done within ${endMsMax / 1000} s`)
      await sleep(lookMs)
    }
    const cpu = Object.fromEntries(
      sinks.map(sink => [sink.service, Math.round(sink.cpuSeconds() * 10) / 10]),
    )
    const work = Object.entries(readers).flatMap(([service, names]) =>
      names.map(name => [name, workOf(service, load)] as const),
    )
    const figures = lagFigures(looks, new Map(work), processorEndMs)
    for (const line of figures.table) bench.say(line)
    return { events: count, partitions, ...figures.result, sink_cpu_s: cpu }
  } finally {
    for (const sink of sinks) sink.kill()
  }
}

if (values.help) process.stdout.write(help)
else {
  describeMachine(text => process.stdout.write(`${text}\n`))
  await withBench('sinks', partitions, bench => measure(bench, Number(values.events)))
}
