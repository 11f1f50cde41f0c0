// What a worker thread tells its main thread: how its stages stand and what there is to count since
// the last time. Only plain values: they are copied from one thread to the other.

import type { Verdict } from './progress.ts'
import type { TaskReport } from './run-stage.ts'
import type { StageMetrics } from './stage-metrics.ts'

export interface ThreadReport {
  readonly stages: readonly StageReport[]
}

export interface StageReport {
  readonly name: string
  readonly checks: Record<string, string>
  readonly tasks: readonly TaskReport[]
  readonly counted: Counted
}

/** What one stage counted since its last report. */
export interface Counted {
  records: Partial<Record<Verdict, number>>
  batchSeconds: number[]
  endToEndSeconds: number[]
  /** By domain. */
  superseded: Record<string, number>
  lost: number
  redriveRefused: number
}

/** Keeps what is counted until it is taken for a report. */
export class CountingMetrics implements StageMetrics {
  #counted = nothingCounted()

  records(verdict: Verdict, count: number): void {
    this.#counted.records[verdict] = (this.#counted.records[verdict] ?? 0) + count
  }

  batch(seconds: number): void {
    this.#counted.batchSeconds.push(seconds)
  }

  endToEnd(seconds: number): void {
    this.#counted.endToEndSeconds.push(seconds)
  }

  superseded(domain: string): void {
    this.#counted.superseded[domain] = (this.#counted.superseded[domain] ?? 0) + 1
  }

  lost(): void {
    this.#counted.lost++
  }

  redriveRefused(count: number): void {
    this.#counted.redriveRefused += count
  }

  take(): Counted {
    const counted = this.#counted
    this.#counted = nothingCounted()
    return counted
  }
}

/** Counts on the main thread what was counted on another. */
export function countAgain(counted: Counted, metrics: StageMetrics): void {
  for (const [verdict, count] of Object.entries(counted.records)) {
    metrics.records(verdict as Verdict, count)
  }
  for (const seconds of counted.batchSeconds) metrics.batch(seconds)
  for (const seconds of counted.endToEndSeconds) metrics.endToEnd(seconds)
  for (const [domain, count] of Object.entries(counted.superseded)) {
    for (let times = 0; times < count; times++) metrics.superseded(domain)
  }
  for (let times = 0; times < counted.lost; times++) metrics.lost()
  if (counted.redriveRefused > 0) metrics.redriveRefused(counted.redriveRefused)
}

function nothingCounted(): Counted {
  return {
    records: {},
    batchSeconds: [],
    endToEndSeconds: [],
    superseded: {},
    lost: 0,
    redriveRefused: 0,
  }
}
