// make bench-process: the processor against Kafka Streams on the same 300,000 events, alternating, the
// output of every run judged. See --help.

import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import {
  applyTopics,
  createTopics,
  removeBenchKafka,
  removeWhenInterrupted,
  startBenchKafka,
} from './bench-kafka.ts'
import type { BenchKafka } from './bench-kafka.ts'
import { compareWithPeers, measureAlone } from './compare.ts'
import type { Bench, Measured } from './compare.ts'
import { events, usualPlan } from './events.ts'
import { median, rounded, table } from './figures.ts'
import { expectedOf } from './judge/expected.ts'
import { jsonRecords, linesOf, load, signedRecords } from './load.ts'
import { runLongPrograms } from './long/run-all.ts'
import { describeMachine } from './machine.ts'
import { findPeers, setUpPeers } from './peers.ts'
import { startRegistryServer } from './registry-server.ts'

const help = `Measures the processor against Kafka Streams, exactly once, on 300,000 events.

  make bench-process            three rounds: Kafka Streams, our full lane, our equal lane
  LONG=1 make bench-process     also restore, takeover, two instances, cost of an event as memory fills

  --rounds N    default 3
  --warm-up N   rounds before these that are not counted, default 1: the broker is new, and its own
                compiler takes a tenth of the machine in the first round
  --long        as LONG=1
  --alone       only our lanes, on events made here
  --events N    how many events with --alone, default 300000
  --help

full    the processor itself: provenance MAC verified, Avro in and out, changelog, all outputs
equal   what the program of Kafka Streams does, on our loop: JSON in, bytes passed through, changelog

FLEET_PEERS   folder of the comparison programs, default ../shared/peers; without it only our lanes
PEERS_DIR     where they are built, default .fleet/bench/peers (Go, Maven and npm are needed, once)
FLEET_*       settings of the processor, such as FLEET_PROCESSOR_THREADS

Starts a Kafka of its own in a temporary folder and removes it. Leave the machine alone meanwhile.
`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '1' },
    long: { type: 'boolean', default: process.env['LONG'] === '1' },
    alone: { type: 'boolean', default: false },
    events: { type: 'string', default: '300000' },
    help: { type: 'boolean', default: false },
  },
})
const partitions = 6
for (const name of ['rounds', 'warm-up', 'events'] as const) {
  if (/^\d{1,9}$/.test(values[name])) continue
  process.stderr.write(`--${name} must be a whole number, got ${values[name]}\n`)
  process.exit(2)
}
const say = (text: string): boolean => process.stdout.write(`${text}\n`)

async function prepare(
  kafka: BenchKafka,
  { texts, count }: { texts: Bench['texts']; count: number },
  isAlone: boolean,
): Promise<void> {
  await applyTopics(kafka, partitions)
  const loaded = await load(kafka.brokers, texts(), await signedRecords(partitions))
  if (loaded !== count) throw new Error(`${loaded} of ${count} events were loaded`)
  if (!isAlone) return
  await createTopics(kafka.brokers, ['bench.raw'], partitions)
  await load(kafka.brokers, texts(), jsonRecords('bench.raw', partitions))
}

async function measure(): Promise<Measured> {
  const rounds = { counted: Number(values.rounds), warmUp: Number(values['warm-up']) }
  const peers = values.alone ? null : findPeers(say)
  if (peers !== null) await setUpPeers(peers, say)
  mkdirSync(tmpdir(), { recursive: true })
  const kafka = await startBenchKafka(mkdtempSync(join(tmpdir(), 'fleet-bench-')))
  removeWhenInterrupted(kafka)
  const registry = await startRegistryServer()
  try {
    const texts = () =>
      peers === null
        ? events({ ...usualPlan, count: Number(values.events) })
        : linesOf(peers.eventsFile)
    const expected = await expectedOf(texts())
    say(`loading ${expected.events} events, ${expected.domainOf.size} unique`)
    await prepare(kafka, { texts, count: expected.events }, peers === null)
    const bench = { kafka, registryUrl: registry.url, partitions, expected, texts, say }
    return peers === null
      ? await measureAlone(bench, rounds)
      : await compareWithPeers(bench, peers, rounds)
  } finally {
    registry.close()
    await removeBenchKafka(kafka)
  }
}

const columns = [
  { title: 'events/s', figure: 'events_per_s', digits: 0 },
  { title: 'CPU s / 1,000', figure: 'cpu_s_per_1000', digits: 4 },
  { title: 'broker CPU s / 1,000', figure: 'broker_cpu_s_per_1000', digits: 4 },
  { title: 'peak RSS MB', figure: 'rss_mb', digits: 0 },
  { title: 'start s', figure: 'start_s', digits: 2 },
  { title: 'events/s by append times', figure: 'span_events_per_s', digits: 0 },
  { title: 'machine idle', figure: 'host_idle', digits: 2 },
  { title: 'wrong', figure: 'wrong', digits: 0 },
]

function laneFigures({ rounds }: Measured, lane: string, streamsPerS: number | null) {
  const of = (figure: string): number | null =>
    median((rounds.get(lane) ?? []).map(round => round[figure] ?? null))
  const eventsPerS = of('events_per_s')
  const ratio = eventsPerS === null || streamsPerS === null ? null : eventsPerS / streamsPerS
  return {
    ratio_streams: rounded(ratio, 3),
    events_per_s: eventsPerS,
    cpu_s_per_1000: of('cpu_s_per_1000'),
    rss_mb: of('rss_mb'),
  }
}

async function main(): Promise<number> {
  describeMachine(say)
  const measured = await measure()
  say(`\nmin / **median** / max of ${values.rounds} rounds\n`)
  say(table(measured.rounds, columns))
  const long = values.long ? await runLongPrograms(say) : {}
  const streams = laneFigures(measured, 'streams', null)
  const all = [...measured.rounds.values()].flat()
  const wrong = all.reduce((sum, round) => sum + (round['wrong'] ?? 0), 0)
  const result = {
    name: 'process',
    full: laneFigures(measured, 'full', streams.events_per_s),
    equal: laneFigures(measured, 'equal', streams.events_per_s),
    streams_events_per_s: streams.events_per_s,
    wrong,
    streams_cpu_s_per_1000: streams.cpu_s_per_1000,
    streams_rss_mb: streams.rss_mb,
    failed: measured.failed,
    ...long,
  }
  say(`\nRESULT ${JSON.stringify(result)}`)
  return wrong === 0 && measured.failed === 0 ? 0 : 1
}

if (values.help) say(help)
else process.exitCode = await main()
