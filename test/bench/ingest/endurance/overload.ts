// make overload-ingest: how much the ingester can do, and what it does with four times as much. See --help.

import { platformSettings } from '@fleet/config'
import { topics } from '@fleet/contracts'
import { systemClock } from '@fleet/runtime'

import { recordCount } from '../../process/bench-kafka.ts'
import { rounded } from '../../process/figures.ts'
import { describeMachine } from '../../process/machine.ts'
import { withBenchEdge } from './bench-edge.ts'
import type { BenchEdge } from './bench-edge.ts'
import { ConnectionPool } from './connections.ts'
import { bodyOf, requestOf } from './deliveries.ts'
import { readNumbers } from './options.ts'
import { Tally } from './tally.ts'

const help = `Finds what the ingester can accept in a closed loop of 64 connections, then sends four times as much in
an open loop: requests come when they come, each on a connection that is free or a new one, whatever became
of those before. Afterwards the closed loop again: it must be as good as before.

  make overload-ingest
  make overload-ingest ARGS="--seconds 10"

  --seconds N       of overload, default 30; of each closed loop a third of it
  --factor N        times the capacity, default 4
  --connections N   at most, default 4000; with all of them waiting for an answer a request is not sent
  --help

Holds: goodput of at least 80 % of the peak; what was not accepted is refused 503 or 429, 99 % of it within
a second, and no more than 5 % of what was due gets no answer or can't be sent; 99 % of what is accepted is
answered within the ingester's deadline; memory in the second half no more than a fifth above the first; the peak is back afterwards.
Client and ingester share the machine: "offered" is what the client managed to send.
Ends with: RESULT {"name":"overload-ingest","peak_rps","offered_rps","goodput_rps","goodput_ratio","refused",
"refused_p99_ms","no_answer","not_sent","accepted_p99_ms","rss_growth_mb","recovered_ratio","missing","holds"}
Status 0: it holds; 1: not; 2: wrong usage.
`

const say = (text: string): boolean => process.stdout.write(`${text}\n`)
const closedConnections = 64
const answerMsMax = 20_000
const warmUpSeconds = 5
const refusedMsMax = 1000
const goodputShareMin = 0.8
const recoveredShareMin = 0.8
const memoryShareMax = 1.2
const unservedShareMax = 0.05
const acceptedMsMax = platformSettings().ingestDeadlineMs

const isAccepted = (status: number): boolean => status === 200
const isRefused = (status: number): boolean => status === 503 || status === 429
const isUnanswered = (status: number): boolean => status === 0

let bodies = 0

function nextRequest(): Buffer {
  return requestOf(bodyOf(`overload-${process.pid}`, bodies++))
}

/** Accepted a second, and what else was answered. */
async function closedLoop(
  { edge: { port } }: BenchEdge,
  seconds: number,
): Promise<{ rps: number; tally: Tally }> {
  const tally = new Tally()
  const pool = new ConnectionPool({ port, connectionsMax: closedConnections, answerMsMax })
  const startedMs = systemClock.elapsedMs()
  const endMs = startedMs + seconds * 1000
  const worker = async (): Promise<void> => {
    while (systemClock.elapsedMs() < endMs) {
      const answered = pool.send(nextRequest())
      if (answered === null) return
      tally.add(await answered)
    }
  }
  await Promise.all(Array.from({ length: closedConnections }, worker))
  pool.close()
  const tookSeconds = (systemClock.elapsedMs() - startedMs) / 1000
  return { rps: tally.count(isAccepted) / tookSeconds, tally }
}

interface Overloaded {
  readonly tally: Tally
  readonly offered: number
  readonly notSent: number
  /** Answered 200 within the time, a second. */
  readonly goodput: number
  readonly rssMb: readonly number[]
}

async function openLoop(
  { edge }: BenchEdge,
  rate: number,
  seconds: number,
  connectionsMax: number,
): Promise<Overloaded> {
  const tally = new Tally()
  const pool = new ConnectionPool({ port: edge.port, connectionsMax, answerMsMax })
  const underWay = new Set<Promise<void>>()
  const rssMb: number[] = []
  const startedMs = systemClock.elapsedMs()
  const endMs = startedMs + seconds * 1000
  let [due, notSent, inTime] = [0, 0, 0]
  while (systemClock.elapsedMs() < endMs) {
    const elapsedSeconds = (systemClock.elapsedMs() - startedMs) / 1000
    for (; due < elapsedSeconds * rate; due++) {
      const answered = pool.send(nextRequest(), startedMs + (due * 1000) / rate)
      if (answered === null) {
        notSent++
        continue
      }
      const ended = answered.then(answer => {
        tally.add(answer)
        if (isAccepted(answer.status) && systemClock.elapsedMs() < endMs) inTime++
        underWay.delete(ended)
      })
      underWay.add(ended)
      // The client's own turn must come, or it measures itself.
      if (due % 64 === 0) await systemClock.sleep(0)
    }
    if (elapsedSeconds >= rssMb.length) rssMb.push(edge.memory().rssMb)
    await systemClock.sleep(1)
  }
  const goodput = inTime / seconds
  await Promise.all(underWay)
  pool.close()
  return { tally, offered: due / seconds, notSent, goodput, rssMb }
}

function halves(values: readonly number[]): [number, number] {
  const middle = values.length >> 1
  return [Math.max(...values.slice(0, middle)), Math.max(...values.slice(middle))]
}

type Numbers = Record<'seconds' | 'factor' | 'connections', number>

async function overload(
  bench: BenchEdge,
  { seconds, factor, connections }: Numbers,
): Promise<number> {
  await closedLoop(bench, warmUpSeconds)
  const before = await closedLoop(bench, seconds / 3)
  say(`capacity: ${before.rps.toFixed(0)} a second (${before.tally.text()})`)
  const over = await openLoop(bench, before.rps * factor, seconds, connections)
  say(
    `offered ${over.offered.toFixed(0)} a second: ${over.tally.text()}; not sent: ${over.notSent}`,
  )
  const after = await closedLoop(bench, seconds / 3)
  say(`afterwards: ${after.rps.toFixed(0)} a second (${after.tally.text()})`)
  const [firstMb, secondMb] = halves(over.rssMb)
  const accepted =
    before.tally.count(isAccepted) + over.tally.count(isAccepted) + after.tally.count(isAccepted)
  const stored = (await recordCount(bench.brokers, topics.raw.name)) ?? 0
  const refusedMs = over.tally.percentile(0.99, isRefused)
  const figures = {
    peak_rps: rounded(before.rps, 0),
    offered_rps: rounded(over.offered, 0),
    goodput_rps: rounded(over.goodput, 0),
    goodput_ratio: rounded(over.goodput / before.rps, 3),
    refused: over.tally.count(isRefused),
    refused_p99_ms: refusedMs,
    no_answer: over.tally.count(isUnanswered),
    not_sent: over.notSent,
    accepted_p99_ms: over.tally.percentile(0.99, isAccepted),
    rss_growth_mb: rounded(secondMb - firstMb, 1),
    recovered_ratio: rounded(after.rps / before.rps, 3),
    missing: Math.max(0, accepted - stored),
  }
  const holds =
    over.goodput >= before.rps * goodputShareMin &&
    figures.no_answer + over.notSent <= over.offered * seconds * unservedShareMax &&
    (figures.accepted_p99_ms ?? 0) <= acceptedMsMax &&
    (refusedMs ?? 0) <= refusedMsMax &&
    secondMb <= firstMb * memoryShareMax &&
    after.rps >= before.rps * recoveredShareMin &&
    figures.missing === 0
  say(`\nRESULT ${JSON.stringify({ name: 'overload-ingest', ...figures, holds })}`)
  return holds ? 0 : 1
}

const numbers = readNumbers(help, { seconds: 30, factor: 4, connections: 4000 })
if (numbers !== null) {
  describeMachine(say)
  process.exitCode = await withBenchEdge(say, bench => overload(bench, numbers))
}
