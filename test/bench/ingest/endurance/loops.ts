// The two kinds of load under which an edge shows what it can do: a closed loop, in which everybody waits for
// an answer before sending again, and an open one, in which requests come whatever became of those before.

import { systemClock } from '@fleet/runtime'

import type { BenchEdge } from './bench-edge.ts'
import { ConnectionPool } from './connections.ts'
import { bodyOf, requestOf } from './deliveries.ts'
import { Tally } from './tally.ts'

/** Fewer wait for Kafka more than they ask for. */
const closedConnections = 256
const answerMsMax = 20_000

export const isAccepted = (status: number): boolean => status === 200
export const isRefused = (status: number): boolean => status === 503 || status === 429
export const isUnanswered = (status: number): boolean => status === 0

let bodies = 0

function nextRequest(): Buffer {
  return requestOf(bodyOf(`overload-${process.pid}`, bodies++))
}

/** Accepted a second, and what else was answered. */
export async function closedLoop(
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

export interface Overloaded {
  readonly tally: Tally
  readonly offered: number
  readonly notSent: number
  /** Answered 200 within the time, a second. */
  readonly goodput: number
  readonly rssMb: readonly number[]
}

export async function openLoop(
  { edge }: BenchEdge,
  rate: number,
  seconds: number,
  connectionsMax: number,
): Promise<Overloaded> {
  const tally = new Tally()
  const pool = new ConnectionPool({ port: edge.port, connectionsMax, answerMsMax })
  await pool.fill(nextRequest)
  const underWay = new Set<Promise<void>>()
  const rssMb: number[] = []
  const startedMs = systemClock.elapsedMs()
  const endMs = startedMs + seconds * 1000
  let [due, notSent, inTime] = [0, 0, 0]
  while (systemClock.elapsedMs() < endMs) {
    const elapsedSeconds = (systemClock.elapsedMs() - startedMs) / 1000
    for (; due < elapsedSeconds * rate; due++) {
      const answered = pool.send(nextRequest())
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

export function halves(values: readonly number[]): [number, number] {
  const middle = values.length >> 1
  return [Math.max(...values.slice(0, middle)), Math.max(...values.slice(middle))]
}
