// make bench-ingest: the edge against Go (net/http, franz-go) and express (kafkajs) on the same bodies,
// alternating. See --help.

import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { platformSettings } from '@fleet/config'

import { removeBenchKafka, removeWhenInterrupted, startBenchKafka } from '../process/bench-kafka.ts'
import { median, rounded, table } from '../process/figures.ts'
import { describeMachine } from '../process/machine.ts'
import { findPeers, setUpPeers } from '../process/peers.ts'
import { startRegistryServer } from '../process/registry-server.ts'
import { laneNames } from './lanes.ts'
import type { LaneName } from './lanes.ts'
import { measureRounds } from './rounds.ts'
import type { Measured } from './rounds.ts'

const help = `Measures the edge against Go (net/http, franz-go) and express (kafkajs): signed requests over
64 connections, 6 partitions, acks=all, each program's turn in every round.

  make bench-ingest             three rounds of 20 s: go, express, our full lane, our equal lane

  --rounds N        default 3
  --seconds N       of load per program and round after 4 s of warm-up, default 20
  --against NAMES   go,express+kafkajs by default; none leaves only our lanes
  --lanes NAMES     full,equal by default
  --cpu-prof DIR    a profile of every process of our lanes
  --help

full    the ingester itself: signature, identity, limits, raw record in Avro, provenance MAC, metrics
equal   what the other programs do: HMAC, JSON, the body as the record; on our processes and appender

FLEET_PEERS   folder of the comparison programs, default ../shared/peers; nothing is measured without it
PEERS_DIR     where they are built, default .fleet/bench/peers (Go, Maven and npm are needed, once)
FLEET_*       settings of the ingester, such as FLEET_INGEST_WORKERS

Starts a Kafka of its own in a temporary folder and removes it. Leave the machine alone meanwhile.
`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '20' },
    against: { type: 'string', default: 'go,express+kafkajs' },
    lanes: { type: 'string', default: laneNames.join(',') },
    'cpu-prof': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const partitions = 6
const say = (text: string): boolean => process.stdout.write(`${text}\n`)

function chosenLanes(): LaneName[] {
  const chosen = values.lanes.split(',')
  return laneNames.filter(lane => chosen.includes(lane))
}

async function measure(): Promise<Measured | null> {
  const peers = findPeers(() => {})
  if (peers === null) return null
  await setUpPeers(peers, say)
  mkdirSync(tmpdir(), { recursive: true })
  const kafka = await startBenchKafka(mkdtempSync(join(tmpdir(), 'fleet-bench-')))
  removeWhenInterrupted(kafka)
  const registry = await startRegistryServer()
  const profile = values['cpu-prof']
  try {
    return await measureRounds({
      kafka,
      registryUrl: registry.url,
      peers,
      partitions,
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      against: values.against,
      lanes: chosenLanes(),
      nodeOptions:
        profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(profile)}`],
      say,
    })
  } finally {
    registry.close()
    await removeBenchKafka(kafka)
  }
}

const columns = [
  { title: 'requests/s', figure: 'rps', digits: 0 },
  { title: 'p50 ms', figure: 'p50_ms', digits: 2 },
  { title: 'p99 ms', figure: 'p99_ms', digits: 2 },
  { title: 'CPU s / 1,000', figure: 'cpu_s_per_1000', digits: 4 },
  { title: 'broker CPU s / 1,000', figure: 'broker_cpu_s_per_1000', digits: 4 },
  { title: 'peak RSS MB', figure: 'rss_mb', digits: 0 },
  { title: 'machine idle', figure: 'host_idle', digits: 2 },
  { title: 'not accepted', figure: 'not_accepted', digits: 0 },
  { title: 'missing', figure: 'missing', digits: 0 },
]

function medianOf({ rounds }: Measured, program: string, figure: string): number | null {
  return median((rounds.get(program) ?? []).map(round => round[figure] ?? null))
}

function laneFigures(measured: Measured, lane: LaneName) {
  const rps = medianOf(measured, lane, 'rps')
  const ratioTo = (program: string): number | null => {
    const other = medianOf(measured, program, 'rps')
    return rps === null || other === null ? null : rounded(rps / other, 3)
  }
  return {
    ratio_go: ratioTo('go'),
    ratio_express: ratioTo('express'),
    rps,
    p99_ms: medianOf(measured, lane, 'p99_ms'),
    cpu_s_per_1000: medianOf(measured, lane, 'cpu_s_per_1000'),
  }
}

async function main(): Promise<number> {
  describeMachine(say)
  say(`ingester processes: ${platformSettings().ingestWorkers}`)
  const measured = await measure()
  if (measured === null) {
    say('the comparison programs are not there; FLEET_PEERS names their folder (see --help)')
    return 1
  }
  say(`\nmin / **median** / max of ${values.rounds} rounds of ${values.seconds} s\n`)
  say(table(measured.rounds, columns))
  const missing = [...measured.rounds.values()]
    .flat()
    .reduce((sum, round) => sum + (round['missing'] ?? 0), 0)
  const result = {
    name: 'ingest',
    full: laneFigures(measured, 'full'),
    equal: laneFigures(measured, 'equal'),
    go_rps: medianOf(measured, 'go', 'rps'),
    missing,
    go_p99_ms: medianOf(measured, 'go', 'p99_ms'),
    express_rps: medianOf(measured, 'express', 'rps'),
    failed: measured.failed,
  }
  say(`\nRESULT ${JSON.stringify(result)}`)
  return missing === 0 && measured.failed === 0 ? 0 : 1
}

if (values.help) say(help)
else process.exitCode = await main()
