// The rounds of the comparison: programs alternate, the raw topic is made anew before each round, and
// what was answered 200 is compared with what stands in the topic after each measurement.

import { topics } from '@fleet/contracts'

import { applyTopics, deleteTopics } from '../process/bench-kafka.ts'
import type { BenchKafka } from '../process/bench-kafka.ts'
import type { Figures } from '../process/figures.ts'
import { cleanPeers, runPeers } from '../process/peers.ts'
import type { Peers } from '../process/peers.ts'
import { ingesterEnvironment, laneArguments } from './lanes.ts'
import type { LaneName } from './lanes.ts'

export interface IngestPlan {
  readonly kafka: BenchKafka
  readonly registryUrl: string
  readonly peers: Peers
  readonly partitions: number
  readonly rounds: number
  readonly seconds: number
  /** Names of the comparison programs, comma-separated, or `none`. */
  readonly against: string
  readonly lanes: readonly LaneName[]
  readonly nodeOptions: readonly string[]
  readonly say: (text: string) => void
}

/** One measurement as the runner prints it. */
interface IngestResult {
  readonly peer: string
  readonly error?: string
  readonly requests_per_s: number
  readonly accepted: number
  readonly refused: number
  readonly errors: number
  readonly timeouts: number
  readonly p50_ms: number
  readonly p99_ms: number
  readonly cpu_s_per_1000: number
  readonly broker_cpu_s_per_1000: number | null
  readonly rss_mb: number
  readonly host_idle: number | null
  readonly topic_records: number | null
}

export interface Measured {
  /** Rounds by program: go, express, full, equal. */
  readonly rounds: Map<string, Figures[]>
  /** Measurements that ended with an error. */
  failed: number
}

export async function measureRounds(plan: IngestPlan): Promise<Measured> {
  const { kafka, peers, partitions, rounds, seconds, lanes, say } = plan
  const measured: Measured = { rounds: new Map(), failed: 0 }
  const environment = ingesterEnvironment(kafka, plan.registryUrl, partitions)
  const ours = lanes.flatMap(lane => laneArguments(lane, plan.nodeOptions))
  for (let round = 1; round <= rounds; round++) {
    if (round > 1) await deleteTopics(kafka, topics.raw.name.replaceAll('.', '\\.'))
    await applyTopics(kafka, partitions)
    const args = ['ingest', plan.against, '1', String(seconds), ...ours]
    await runPeers(peers, args, environment, line => {
      if (line.startsWith('{"kind":"ingest"')) {
        take(measured, JSON.parse(line) as IngestResult, say)
      }
    })
  }
  await cleanPeers(peers, environment)
  return measured
}

function take(measured: Measured, result: IngestResult, say: (text: string) => void): void {
  const name = result.peer.replace(/\+.*$/, '')
  if (result.error !== undefined) {
    measured.failed++
    say(`${name}: ${result.error}`)
    return
  }
  const figures: Figures = {
    rps: result.requests_per_s,
    p50_ms: result.p50_ms,
    p99_ms: result.p99_ms,
    cpu_s_per_1000: result.cpu_s_per_1000,
    broker_cpu_s_per_1000: result.broker_cpu_s_per_1000,
    rss_mb: result.rss_mb,
    host_idle: result.host_idle,
    not_accepted: result.refused + result.errors + result.timeouts,
    missing: missingOf(result),
  }
  const known = measured.rounds.get(name) ?? []
  measured.rounds.set(name, [...known, figures])
  say(`${name} ${known.length + 1}: ${JSON.stringify(figures)}`)
}

/**
 * Answered 200 and not in the topic. The topic may hold up to one record per connection more than the
 * client counted: what was under way when the load stopped. A topic that can't be counted lacks all.
 */
function missingOf({ accepted, topic_records: records }: IngestResult): number {
  return Math.max(0, accepted - (records ?? 0))
}
