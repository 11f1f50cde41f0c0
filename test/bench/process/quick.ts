// One lane on some events, for profiling: keeps its Kafka and the loaded events between runs.
//
//   node --import tsx test/bench/process/quick.ts --lane full --events 100000 [--cpu-prof DIR]

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { topics } from '@fleet/contracts'

import {
  applyTopics,
  createTopics,
  deleteTopics,
  recordCount,
  removeBenchKafka,
  startBenchKafka,
} from './bench-kafka.ts'
import type { BenchKafka } from './bench-kafka.ts'
import { events, usualPlan } from './events.ts'
import { outputNames } from './lanes/equal-stage.ts'
import { processorEnvironment, startLane } from './lanes/lane.ts'
import { programs } from './lanes/programs.ts'
import { jsonRecords, linesOf, load, signedRecords } from './load.ts'
import { startRegistryServer } from './registry-server.ts'

const help = `One lane of the processor benchmark, for profiling.

  --lane full|equal     default full
  --events N            how many to process, default 100000
  --loaded N            how many the topics hold (loaded once), default 300000
  --file FILE           events to load, one JSON a line; default: generated
  --cpu-prof DIR        writes CPU profiles of the lane (one a thread) there
  --node-option OPTION  further options of the lane's Node; may be repeated
  --data DIR            folder of its Kafka, default fleet-bench-quick in the temporary folder
  --reload              load the events anew (after a change of schemas)
  --remove              end its Kafka and remove the folder
`
const { values } = parseArgs({
  options: {
    lane: { type: 'string', default: 'full' },
    events: { type: 'string', default: '100000' },
    loaded: { type: 'string', default: '300000' },
    file: { type: 'string' },
    'cpu-prof': { type: 'string' },
    'node-option': { type: 'string', multiple: true, default: [] },
    data: { type: 'string', default: join(tmpdir(), 'fleet-bench-quick') },
    reload: { type: 'boolean', default: false },
    remove: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const partitions = 6
const jsonTopic = 'bench.raw'
const say = (text: string): boolean => process.stdout.write(`${text}\n`)

async function reset(kafka: BenchKafka): Promise<void> {
  await deleteTopics(kafka, 'fleet\\.(?!raw\\.v1$).*|bench\\.out\\..*')
  await applyTopics(kafka, partitions)
  await createTopics(kafka.brokers, outputNames('bench.out.'), partitions)
}

async function ensureLoaded(kafka: BenchKafka): Promise<void> {
  const { brokers } = kafka
  const wanted = Number(values.loaded)
  const mark = join(kafka.dataDir, 'loaded')
  const source = `${values.file ?? 'generated'} ${wanted}`
  const isThere =
    !values.reload &&
    existsSync(mark) &&
    readFileSync(mark, 'utf8') === source &&
    (await recordCount(brokers, topics.raw.name)) === wanted
  if (isThere) return
  say(`loading ${wanted} events into both raw topics`)
  await deleteTopics(kafka, 'fleet\\.raw\\.v1|bench\\.raw')
  await applyTopics(kafka, partitions)
  await createTopics(brokers, [jsonTopic], partitions)
  const texts = () =>
    values.file === undefined ? events({ ...usualPlan, count: wanted }) : linesOf(values.file)
  await load(brokers, texts(), await signedRecords(partitions))
  await load(brokers, texts(), jsonRecords(jsonTopic, partitions))
  writeFileSync(mark, source)
}

async function measure(kafka: BenchKafka): Promise<void> {
  const registry = await startRegistryServer()
  const environment = `quick-${process.pid}`
  const settings = await processorEnvironment({
    brokers: kafka.brokers,
    registryUrl: registry.url,
    dataDir: kafka.dataDir,
    environment,
    partitions,
  })
  const profile = values['cpu-prof']
  const nodeOptions = [
    ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
    ...values['node-option'],
  ]
  if (profile !== undefined) rmSync(profile, { recursive: true, force: true })
  const isEqual = values.lane === 'equal'
  const lane = startLane(
    programs[isEqual ? 'equal' : 'full'],
    { ...settings, BENCH_EXPECT: values.events, BENCH_IN: jsonTopic, BENCH_OUT: 'bench.out.' },
    nodeOptions,
  )
  const done = await lane.done
  const seconds = (done.t_end - done.t_first) / 1000
  const result = {
    lane: values.lane,
    events: done.records,
    events_per_s: Math.round(done.records / seconds),
    seconds,
    cpu_s_per_1000: Number(((done.cpu_s / done.records) * 1000).toFixed(4)),
    cpu_s: done.cpu_s,
    start_cpu_s: done.start_cpu_s,
    rss_mb: done.rss_mb,
  }
  await lane.stop()
  registry.close()
  say(JSON.stringify(result))
}

if (values.help) say(help)
else {
  const kafka = await startBenchKafka(values.data)
  if (values.remove) await removeBenchKafka(kafka)
  else {
    await ensureLoaded(kafka)
    await reset(kafka)
    await measure(kafka)
  }
}
process.exit(0)
