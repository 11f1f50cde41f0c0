// What a stage reports. Counted only after commit, so that a repeated batch is not counted twice.

import type { Metrics } from '@fleet/telemetry'

import type { Decision } from './declaration.ts'
import type { Verdict } from './progress.ts'

export interface StageMetrics {
  records(verdict: Verdict, count: number): void
  batch(seconds: number): void
  endToEnd(seconds: number): void
  superseded(domain: string): void
  lost(): void
  redriveRefused(count: number): void
}

/** Every series of one stage; `metrics` is shared by the stages of a process. */
export class StageMeters {
  readonly #metrics: Metrics
  readonly #records
  readonly #seconds
  readonly #endToEnd
  readonly #superseded
  readonly #lost
  readonly #redriveRefused

  constructor(metrics: Metrics) {
    this.#metrics = metrics
    this.#records = metrics.counter('fleet_stage_records_total', 'Records decided, by verdict.')
    this.#seconds = metrics.histogram('fleet_stage_seconds', 'Taking a batch to its commit.')
    this.#endToEnd = metrics.histogram(
      'fleet_end_to_end_seconds',
      'Occurrence of an event to its committed output.',
      [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86_400],
    )
    this.#superseded = metrics.counter('fleet_superseded_total', 'Events that lost on arrival.')
    this.#lost = metrics.counter('fleet_stage_lost_total', 'Transactions refused or in doubt.')
    this.#redriveRefused = metrics.counter(
      'fleet_redrive_refused_total',
      'Replayed letters that a stage did not accept: had before, or not known to it.',
    )
  }

  forStage(stage: string): StageMetrics {
    // One object: an event's series is found again by it.
    const labels = { stage }
    for (const verdict of ['published', 'duplicate', 'dead_letter']) {
      this.#records.add(0, { stage, verdict })
    }
    this.#redriveRefused.add(0, { stage })
    this.#lost.add(0, { stage })
    return {
      records: (verdict, count) => this.#records.add(count, { stage, verdict }),
      batch: seconds => this.#seconds.observe(seconds, labels),
      endToEnd: seconds => this.#endToEnd.observe(seconds, labels),
      superseded: domain => this.#superseded.add(1, { domain }),
      lost: () => this.#lost.add(1, { stage }),
      redriveRefused: count => this.#redriveRefused.add(count, { stage }),
    }
  }

  gauge(
    name: string,
    help: string,
    read: () => { value: number; labels?: Record<string, string> }[],
  ): void {
    this.#metrics.gauge(name, help, read)
  }
}

/** What to count when a transaction has committed. */
export class BatchTally {
  readonly counts: Record<Verdict, number> = { published: 0, duplicate: 0, dead_letter: 0 }
  readonly #occurredMicros: number[] = []
  readonly #superseded: string[] = []
  #redriveRefused = 0

  add(decision: Decision<unknown>): void {
    this.counts[decision.verdict]++
    for (const { occurredAtMicros } of decision.emit) {
      if (occurredAtMicros !== undefined) this.#occurredMicros.push(occurredAtMicros)
    }
    for (const { label } of decision.counts ?? []) this.#superseded.push(label)
  }

  /** A letter came back that is not open here: it was replayed before, or was never ours. */
  addRefused(): void {
    this.counts.duplicate++
    this.#redriveRefused++
  }

  report(metrics: StageMetrics, nowMicros: number): void {
    for (const verdict of ['published', 'duplicate', 'dead_letter'] as const) {
      if (this.counts[verdict] > 0) metrics.records(verdict, this.counts[verdict])
    }
    if (this.#redriveRefused > 0) metrics.redriveRefused(this.#redriveRefused)
    for (const occurred of this.#occurredMicros) {
      metrics.endToEnd(Math.max(0, nowMicros - occurred) / 1e6)
    }
    for (const domain of this.#superseded) metrics.superseded(domain)
  }
}
