// make overload-ingest: how much the ingester can do, and what it does with four times as much. See --help.

import { platformSettings } from '@fleet/config'
import { topics } from '@fleet/contracts'

import { recordCount } from '../../process/bench-kafka.ts'
import { rounded } from '../../process/figures.ts'
import { describeMachine } from '../../process/machine.ts'
import { withBenchEdge } from './bench-edge.ts'
import type { BenchEdge } from './bench-edge.ts'
import { confine } from './confine.ts'
import { closedLoop, halves, isAccepted, isRefused, isUnanswered, openLoop } from './loops.ts'
import type { Overloaded } from './loops.ts'
import { readNumbers } from './options.ts'
import type { Tally } from './tally.ts'

const help = `Finds what the ingester can accept in a closed loop of 256 connections, then sends four times as much in
an open loop: requests come when they come, each on a connection that is free, whatever became of those before. Afterwards the closed loop again: it must be as good as before.

A client on the same machine can offer four times the capacity only where the ingester is made small. So it
is done twice: with a Kafka that takes only so many bytes a second of it (a slow proxy before the broker), and with an
ingester that gets only so much of a processor (a cgroup of Linux; left out, with the reason, where that can't
be had).

  make overload-ingest
  make overload-ingest ARGS="--seconds 10"

  --seconds N       of overload, default 30; of three closed loops before and after it a third each
  --factor N        times the capacity, default 4
  --kafka-bytes N   a second, default 600000; 0: not this part
  --cpu-percent N   of one processor, default 50; 0: not this part
  --connections N   of the client, default 4000; with all of them waiting for an answer a request is held back.
                    Where the processor is the limit they decide how late an answer is
  --help

Holds, for each part: the client could offer that much; goodput of at least 80 % of the peak; what was not accepted is refused 503 or 429, 99 % of it
within a second; 99 % of what is accepted is answered within the ingester's deadline; memory in the second half no more
than a fifth above the first; the peak is back afterwards; every 200 is in the topic. Where Kafka is the limit also: no
more than 5 % of what was due gets no answer or is held back. Where the processor is, refusing takes processor time too
("refusal_cost" is that of a refusal by that of a delivery), and what the ingester has no time for waits at the sender.
Ends with: RESULT {"name":"overload-ingest","parts":{name:{"peak_rps","offered_rps","goodput_rps","goodput_ratio",
"refused","refused_p99_ms","no_answer","held_back","accepted_p99_ms","rss_growth_mb","recovered_ratio",
"refusal_cost","missing","holds"}},"holds"}
Status 0: it holds; 1: not; 2: wrong usage.
`

const say = (text: string): boolean => process.stdout.write(`${text}\n`)
const refusedMsMax = 1000
const goodputShareMin = 0.8
/** Of what was to be offered; below it the client was what could not keep up. */
const offeredShareMin = 0.9
const recoveredShareMin = 0.8
const memoryShareMax = 1.2
const unservedShareMax = 0.05
const acceptedMsMax = platformSettings().ingestDeadlineMs
const warmUpSeconds = 5

type Numbers = Record<'seconds' | 'factor' | 'kafka-bytes' | 'cpu-percent' | 'connections', number>
type Part = 'kafka' | 'cpu'

async function measure(
  bench: BenchEdge,
  part: Part,
  { seconds, factor, connections }: Numbers,
): Promise<boolean> {
  const storedBefore = (await recordCount(bench.brokers, topics.raw.name)) ?? 0
  const warmed = await closedLoop(bench, warmUpSeconds)
  const before = await capacityOf(bench, seconds)
  say(`capacity: ${before.text}`)
  const over = await openLoop(bench, before.rps * factor, seconds, connections)
  const { tally, offered, notSent } = over
  say(`offered ${offered.toFixed(0)} a second: ${tally.text()}; held back: ${notSent}`)
  const after = await capacityOf(bench, seconds)
  say(`afterwards: ${after.text}`)
  const accepted = [warmed.tally, over.tally, ...before.tallies, ...after.tallies].reduce(
    (sum, each) => sum + each.count(isAccepted),
    0,
  )
  const stored = ((await recordCount(bench.brokers, topics.raw.name)) ?? 0) - storedBefore
  const missing = Math.max(0, accepted - stored)
  const rates = { before: before.rps, after: after.rps, factor }
  return judge(part, { ...rates, over, missing, seconds })
}

/** The middle of three closed loops: one of them alone is off by a quarter. */
async function capacityOf(
  bench: BenchEdge,
  seconds: number,
): Promise<{ rps: number; text: string; tallies: readonly Tally[] }> {
  const loops = []
  for (let loop = 0; loop < 3; loop++) loops.push(await closedLoop(bench, seconds / 3))
  const tallies = loops.map(({ tally }) => tally)
  const [, middle] = loops.toSorted((left, right) => left.rps - right.rps)
  const rps = middle?.rps ?? 0
  return { rps, text: `${rps.toFixed(0)} a second (${middle?.tally.text()})`, tallies }
}

interface Measured {
  readonly before: number
  readonly over: Overloaded
  readonly after: number
  readonly factor: number
  readonly missing: number
  readonly seconds: number
}

const parts: Partial<Record<Part, unknown>> = {}

function judge(part: Part, measured: Measured): boolean {
  const { before, over, after, factor, missing, seconds } = measured
  const [firstMb, secondMb] = halves(over.rssMb)
  const refused = over.tally.count(isRefused)
  const refusedMs = over.tally.percentile(0.99, isRefused)
  const acceptedMs = over.tally.percentile(0.99, isAccepted)
  const unanswered = over.tally.count(isUnanswered)
  const unserved = unanswered + (part === 'kafka' ? over.notSent : 0)
  const holds =
    over.offered >= before * factor * offeredShareMin &&
    over.goodput >= before * goodputShareMin &&
    unserved <= over.offered * seconds * unservedShareMax &&
    (acceptedMs ?? 0) <= acceptedMsMax &&
    (refusedMs ?? 0) <= refusedMsMax &&
    secondMb <= firstMb * memoryShareMax &&
    after >= before * recoveredShareMin &&
    missing === 0
  parts[part] = {
    peak_rps: rounded(before, 0),
    offered_rps: rounded(over.offered, 0),
    goodput_rps: rounded(over.goodput, 0),
    goodput_ratio: rounded(over.goodput / before, 3),
    refused,
    refused_p99_ms: refusedMs,
    no_answer: unanswered,
    held_back: over.notSent,
    accepted_p99_ms: acceptedMs,
    rss_growth_mb: rounded(secondMb - firstMb, 1),
    recovered_ratio: rounded(after / before, 3),
    // What deliveries left of the processor, refusals had.
    refusal_cost:
      part === 'cpu' && refused > 0
        ? rounded((before - over.goodput) / (refused / seconds), 2)
        : null,
    missing,
    holds,
  }
  return holds
}

async function overload(bench: BenchEdge, numbers: Numbers): Promise<number> {
  let holds = true
  // Compiled with all of the machine, which would take a confined one minutes.
  await closedLoop(bench, warmUpSeconds)
  const bytes = numbers['kafka-bytes']
  if (bytes > 0) {
    say(`\nKafka takes ${bytes} bytes a second`)
    bench.link.bytesPerSecond = bytes
    holds = (await measure(bench, 'kafka', numbers)) && holds
    bench.link.bytesPerSecond = Infinity
  }
  const percent = numbers['cpu-percent']
  if (percent > 0) {
    const confined = confine(bench.edge.process.pid ?? 0, percent / 100)
    if (typeof confined === 'string') {
      say(`\nleft out: the ingester can't be confined to a share of a processor here (${confined})`)
      parts.cpu = { left_out: confined }
    } else {
      say(`\nthe ingester has ${percent} % of a processor`)
      try {
        holds = (await measure(bench, 'cpu', numbers)) && holds
      } finally {
        confined.release()
      }
    }
  }
  say(`\nRESULT ${JSON.stringify({ name: 'overload-ingest', parts, holds })}`)
  return holds ? 0 : 1
}

const numbers = readNumbers(help, {
  seconds: 30,
  factor: 4,
  'kafka-bytes': 600_000,
  'cpu-percent': 50,
  connections: 4000,
})
if (numbers !== null) {
  describeMachine(say)
  process.exitCode = await withBenchEdge(say, bench => overload(bench, numbers), {
    isLinked: true,
  })
}
