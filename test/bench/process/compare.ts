// The rounds of the comparison: outputs wiped before each, every lane's output judged after it.

import { nodeArguments } from '../../../infra/local/programs.ts'
import { processorNodeOptions } from '../../../infra/local/service-plans.ts'
import { applyTopics, createTopics, deleteTopics } from './bench-kafka.ts'
import type { BenchKafka } from './bench-kafka.ts'
import type { Figures } from './figures.ts'
import { judgeChangelog, judgeEqual, judgeFull } from './judge/judge-lanes.ts'
import type { Expected } from './judge/expected.ts'
import { Judge } from './judge/judge.ts'
import { outputNames } from './lanes/equal-stage.ts'
import { processorEnvironment, startLane } from './lanes/lane.ts'
import { programs } from './lanes/programs.ts'
import { cleanPeers, measureRound, wrongIn } from './peers.ts'
import type { PeerResult, Peers } from './peers.ts'

export interface Bench {
  readonly kafka: BenchKafka
  readonly registryUrl: string
  readonly partitions: number
  readonly expected: Expected
  readonly texts: () => Iterable<string> | AsyncIterable<string>
  readonly say: (text: string) => void
}

export interface Measured {
  /** Rounds by program: streams, full, equal. */
  readonly rounds: Map<string, Figures[]>
  /** Measurements that ended with an error. */
  failed: number
}

const rawOfPeers = 'peers-raw'
const output = 'bench.out.'

async function reset({ kafka, partitions }: Bench): Promise<void> {
  await deleteTopics(kafka, 'fleet\\.(?!raw\\.v1$).*|bench\\.out\\..*')
  await applyTopics(kafka, partitions)
}

export interface Rounds {
  /** Run before the others and not counted: see the help. */
  readonly warmUp: number
  readonly counted: number
}

export async function compareWithPeers(
  bench: Bench,
  peers: Peers,
  { warmUp, counted }: Rounds,
): Promise<Measured> {
  const measured: Measured = { rounds: new Map(), failed: 0 }
  const command = (program: string): string =>
    ['exec', process.execPath, ...processorNodeOptions, ...nodeArguments(program)].join(' ')
  const extras = [
    { name: 'full', command: command(programs.full), verified: false },
    {
      name: 'equal',
      command: `BENCH_IN={raw} BENCH_OUT={prefix} ${command(programs.equal)}`,
      verified: true,
    },
  ]
  for (let round = 1 - warmUp; round <= counted; round++) {
    await reset(bench)
    const environment = {
      ...(await environmentOf(bench, `bench-${round}`)),
      ...(bench.kafka.pid === null ? {} : { BROKER_PID: String(bench.kafka.pid) }),
    }
    const results = await measureRound(peers, extras, environment)
    if (round < 1) bench.say(`warm-up: ${results.map(speedOf).join(', ')}`)
    else for (const result of results) await take(bench, measured, result)
    if (round === counted) await cleanPeers(peers, environment)
  }
  return measured
}

function speedOf({ peer, error, events_per_s }: PeerResult): string {
  return `${peer} ${error ?? `${events_per_s} events/s`}`
}

function environmentOf(bench: Bench, environment: string): Promise<Record<string, string>> {
  const { kafka, registryUrl, partitions, expected } = bench
  return processorEnvironment(
    { brokers: kafka.brokers, registryUrl, dataDir: kafka.dataDir, environment, partitions },
    { BENCH_EXPECT: String(expected.events) },
  )
}

async function take(bench: Bench, measured: Measured, result: PeerResult): Promise<void> {
  const name = result.peer.replace(/-eos$/, '')
  if (result.error !== undefined) {
    measured.failed++
    bench.say(`${name}: ${result.error}`)
    return
  }
  const { wrong, spanS } = await judged(bench, name, result)
  add(bench, measured, name, {
    events_per_s: result.events_per_s,
    cpu_s_per_1000: result.cpu_s_per_1000,
    broker_cpu_s_per_1000: result.broker_cpu_s_per_1000,
    rss_mb: result.rss_mb,
    start_s: result.start_s,
    host_idle: result.host_idle,
    span_events_per_s: spanS === null ? null : Math.round(bench.expected.events / spanS),
    wrong,
  })
}

/** The runner's verifier judges what it knows; the full lane and our changelogs are judged here. */
async function judged(
  bench: Bench,
  name: string,
  result: PeerResult,
): Promise<{ wrong: number; spanS: number | null }> {
  const lane = laneOf(bench)
  const verified = result.verify === null ? 0 : wrongIn(result.verify)
  if (name === 'full') {
    const verdict = await judgeFull(lane)
    if (verdict.wrong > 0) bench.say(`full: ${JSON.stringify(verdict.problems)}`)
    return { wrong: verdict.wrong, spanS: verdict.spanS }
  }
  if (verified > 0) bench.say(`${name}: ${JSON.stringify(result.verify)}`)
  if (name !== 'equal') return { wrong: verified, spanS: null }
  const judge = Judge.ofPositions()
  const spanS = await judgeChangelog(judge, lane, 'crm-sink', rawOfPeers)
  return { wrong: verified + judge.wrong, spanS }
}

function laneOf({ kafka, partitions, expected }: Bench) {
  return { brokers: kafka.brokers, partitions, expected }
}

function add(bench: Bench, { rounds }: Measured, name: string, figures: Figures): void {
  const known = rounds.get(name) ?? []
  rounds.set(name, [...known, figures])
  bench.say(`${name} ${known.length + 1}: ${JSON.stringify(figures)}`)
}

/** Without the comparison programs: our lanes alone, both judged here. */
export async function measureAlone(bench: Bench, { warmUp, counted }: Rounds): Promise<Measured> {
  const measured: Measured = { rounds: new Map(), failed: 0 }
  for (let round = 1 - warmUp; round <= counted; round++) {
    await reset(bench)
    await createTopics(bench.kafka.brokers, outputNames(output), bench.partitions)
    const environment = await environmentOf(bench, `bench-${round}`)
    for (const name of ['full', 'equal'] as const) {
      const files = { BENCH_IN: 'bench.raw', BENCH_OUT: output }
      const lane = startLane(programs[name], { ...environment, ...files })
      const done = await lane.done
      await lane.stop()
      if (round < 1) continue
      const verdict =
        name === 'full' ? await judgeFull(laneOf(bench)) : await judgeEqual(laneOf(bench), output)
      if (verdict.wrong > 0) bench.say(`${name}: ${JSON.stringify(verdict.problems)}`)
      add(bench, measured, name, {
        events_per_s: Math.round((done.records * 1000) / (done.t_end - done.t_first)),
        cpu_s_per_1000: Number(((done.cpu_s * 1000) / done.records).toFixed(4)),
        rss_mb: done.rss_mb,
        span_events_per_s: verdict.spanS === null ? null : Math.round(done.records / verdict.spanS),
        wrong: verdict.wrong,
      })
    }
  }
  return measured
}
