// make soak-ingest: steady traffic for minutes, and whether the ingester's memory stays what it is.
// See --help.

import { topics } from '@fleet/contracts'
import { systemClock } from '@fleet/runtime'

import { recordCount } from '../../process/bench-kafka.ts'
import { median, rounded } from '../../process/figures.ts'
import { describeMachine } from '../../process/machine.ts'
import { withBenchEdge } from './bench-edge.ts'
import type { BenchEdge } from './bench-edge.ts'
import { ConnectionPool } from './connections.ts'
import { bodyOf, requestOf } from './deliveries.ts'
import type { RequestOptions } from './deliveries.ts'
import type { Memory } from './edge.ts'
import { readNumbers } from './options.ts'
import { slopeOf, Tally } from './tally.ts'

const help = `Sends at a steady rate and watches the memory of the ingester's processes: accepted deliveries, and
with them what must leave nothing behind: wrong signatures, endpoints nobody knows, new connections.

  make soak-ingest                          600 s at 1,500 a second, after 60 s of warm-up
  make soak-ingest ARGS="--seconds 60 --warm-up 10"

  --seconds N     measured, default 600
  --warm-up N     seconds before, default 60
  --rate N        requests a second, default 1500
  --help

Memory of all processes together is sampled each second: what is used of V8's heaps, and what is none of these.
Of each ten seconds the least counts: a heap between two collections says nothing. Flat is: over the measured time
neither grows, by least squares, by more than a tenth, or 16 MB where that is more. RSS is both and what V8 has
set aside beyond: that grows for a quarter of an hour until a full collection, and is shown only.
Ends with: RESULT {"name":"soak-ingest","seconds","requests","accepted","missing","heap_mb","heap_growth_mb",
"heap_slope_mb_per_min","outside_mb","outside_growth_mb","outside_slope_mb_per_min","rss_mb","rss_mb_max","p99_ms",
"restarts","flat"}
Status 0: flat, and every 200 is in the topic; 1: not; 2: wrong usage.
`

const say = (text: string): boolean => process.stdout.write(`${text}\n`)
const connectionsMax = 64
/** A connection now and then is a new one. */
const requestsOfConnection = 2000
const answerMsMax = 20_000
const windowSeconds = 10
const growthShareMax = 0.1
const growthMbMin = 16

interface Sample extends Memory {
  readonly second: number
}

/** One in twenty is refused, for a reason an attacker has. */
function variant(index: number): RequestOptions {
  if (index % 20 === 7) return { isSigned: false }
  return index % 20 === 17 ? { endpoint: `unknown-${index}` } : {}
}

async function send(
  { edge }: BenchEdge,
  rate: number,
  seconds: number,
  onSecond: (second: number) => void,
): Promise<Tally> {
  const tally = new Tally()
  const { port } = edge
  const pool = new ConnectionPool({
    port,
    connectionsMax,
    answerMsMax,
    requestsMax: requestsOfConnection,
  })
  const startedMs = systemClock.elapsedMs()
  const underWay = new Set<Promise<void>>()
  let sent = 0
  let second = 0
  for (;;) {
    const elapsedSeconds = (systemClock.elapsedMs() - startedMs) / 1000
    if (elapsedSeconds >= seconds) break
    while (sent < elapsedSeconds * rate) {
      const answered = pool.send(requestOf(bodyOf(`soak-${process.pid}`, sent), variant(sent)))
      // A late request is sent later: the rate is steady, not a storm after a pause.
      if (answered === null) break
      sent++
      const ended = answered.then(answer => {
        tally.add(answer)
        underWay.delete(ended)
      })
      underWay.add(ended)
    }
    if (elapsedSeconds >= second) onSecond(second++)
    await systemClock.sleep(1)
  }
  await Promise.all(underWay)
  pool.close()
  return tally
}

function leastOfWindows(samples: readonly Sample[], of: (sample: Sample) => number) {
  const windows = new Map<number, number>()
  for (const sample of samples) {
    const at = Math.floor(sample.second / windowSeconds)
    windows.set(at, Math.min(windows.get(at) ?? Infinity, of(sample)))
  }
  return [...windows].map(([at, least]) => [(at * windowSeconds) / 60, least] as const)
}

function growth(points: readonly (readonly [number, number])[]) {
  const slope = slopeOf(points)
  const [first] = points[0] ?? [0]
  const [last] = points.at(-1) ?? [0]
  const usual = median(points.map(([, megabytes]) => megabytes)) ?? 0
  const grown = slope * (last - first)
  return { slope, grown, usual, isFlat: grown <= Math.max(growthMbMin, usual * growthShareMax) }
}

async function soak(
  bench: BenchEdge,
  { seconds, rate, 'warm-up': warmUp }: Record<'seconds' | 'rate' | 'warm-up', number>,
): Promise<number> {
  const samples: Sample[] = []
  const tally = await send(bench, rate, warmUp + seconds, second => {
    const memory = bench.edge.memory()
    if (second >= warmUp) samples.push({ second: second - warmUp, ...memory })
    if (second % 30 === 0) {
      const [rss, heap, outside] = [memory.rssMb, memory.heapMb, memory.outsideMb].map(Math.round)
      say(`${second} s: RSS ${rss} MB, heap ${heap} MB, outside of V8's heaps ${outside} MB`)
    }
  })
  say(`answered: ${tally.text()}`)
  const accepted = tally.count(status => status === 200)
  const stored = (await recordCount(bench.brokers, topics.raw.name)) ?? 0
  const rss = samples.map(({ rssMb }) => rssMb)
  const heap = growth(leastOfWindows(samples, ({ heapMb }) => heapMb))
  const outside = growth(leastOfWindows(samples, ({ outsideMb }) => outsideMb))
  const result = {
    name: 'soak-ingest',
    seconds,
    requests: tally.count(() => true),
    accepted,
    missing: Math.max(0, accepted - stored),
    heap_mb: rounded(heap.usual, 0),
    heap_growth_mb: rounded(heap.grown, 1),
    heap_slope_mb_per_min: rounded(heap.slope, 2),
    outside_mb: rounded(outside.usual, 0),
    outside_growth_mb: rounded(outside.grown, 1),
    outside_slope_mb_per_min: rounded(outside.slope, 2),
    rss_mb: rounded(median(rss) ?? 0, 0),
    rss_mb_max: rounded(Math.max(...rss), 0),
    p99_ms: tally.percentile(0.99, status => status === 200),
    restarts: bench.edge.process.starts - 1,
    flat: outside.isFlat && heap.isFlat,
  }
  say(`\nRESULT ${JSON.stringify(result)}`)
  return result.flat && result.missing === 0 && accepted > 0 && result.restarts === 0 ? 0 : 1
}

const numbers = readNumbers(help, { seconds: 600, 'warm-up': 60, rate: 1500 })
if (numbers !== null) {
  describeMachine(say)
  process.exitCode = await withBenchEdge(say, bench => soak(bench, numbers))
}
