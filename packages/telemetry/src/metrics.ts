// Metrics by OpenTelemetry, as Prometheus text. Names come out exactly as they go in: dashboards and
// alerts outside this repository are written against them.

import type { Attributes } from '@opentelemetry/api'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'

import { Gauges } from './gauges.ts'
import type { ReadGauge } from './gauges.ts'
import { Histograms, seriesMax } from './histograms.ts'

export type Labels = Readonly<Record<string, string>>

export interface Counter {
  add(n: number, labels?: Labels): void
}

export interface Histogram {
  /** Labels that are the same object as the last time are taken to say the same. */
  observe(seconds: number, labels?: Labels): void
}

export interface Metrics {
  /** Asking again for a name gives the same instrument. */
  counter(name: string, help: string): Counter
  histogram(name: string, help: string, boundariesSeconds?: readonly number[]): Histogram
  /** `read` is called at every scrape. */
  gauge(name: string, help: string, read: ReadGauge): void
  /** Prometheus text format 0.0.4. */
  text(): Promise<string>
}

/** From a record on one machine (about a millisecond) to the longest deadline (about ten seconds). */
const defaultBoundariesSeconds = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10,
]

/** Read when it is scraped, never by a timer of its own. */
class ScrapeReader extends MetricReader {
  constructor() {
    super({ cardinalitySelector: () => seriesMax })
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve()
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve()
  }
}

/** Series that wait for a scrape; more than a service has. */
const pendingMax = 1000

/**
 * Adds up by itself until it is scraped: OpenTelemetry sorts and serializes the labels at every call,
 * which on the path of a request costs more than all else that is counted there.
 */
class PendingCounts implements Counter {
  readonly #instrument: { add(n: number, labels?: Attributes): void }
  readonly #pending = new Map<string, { n: number; readonly labels: Labels | undefined }>()

  constructor(instrument: { add(n: number, labels?: Attributes): void }) {
    this.#instrument = instrument
  }

  add(n: number, labels?: Labels): void {
    let series = ''
    for (const name in labels) series += `${name}\0${labels[name] ?? ''}\0`
    const known = this.#pending.get(series)
    if (known !== undefined) known.n += n
    else this.#pending.set(series, { n, labels })
    if (this.#pending.size > pendingMax) this.flush()
  }

  flush(): void {
    for (const { n, labels } of this.#pending.values()) this.#instrument.add(n, labels)
    this.#pending.clear()
  }
}

export function createMetrics(service: string): Metrics {
  const reader = new ScrapeReader()
  const meter = new MeterProvider({ readers: [reader] }).getMeter(service)
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true)
  const counters = new Map<string, PendingCounts>()
  const gauges = new Gauges()
  const histograms = new Histograms()
  return {
    counter: (name, help) => {
      const known = counters.get(name)
      if (known !== undefined) return known
      const options = { description: help }
      // The serializer adds `_total` to every monotonic sum that lacks it, so a name without it
      // goes out as a sum that may fall: same number, type gauge.
      const instrument = name.endsWith('_total')
        ? meter.createCounter(name, options)
        : meter.createUpDownCounter(name, options)
      const pending = new PendingCounts(instrument)
      counters.set(name, pending)
      return pending
    },
    histogram: (name, help, boundariesSeconds = defaultBoundariesSeconds) =>
      histograms.get(name, help, boundariesSeconds),
    gauge: (name, help, read) => gauges.add(name, help, read),
    text: async () => {
      for (const pending of counters.values()) pending.flush()
      const { resourceMetrics } = await reader.collect()
      const { resource, scopeMetrics } = resourceMetrics
      const metrics = [...histograms.read(), ...gauges.read()]
      const read = { scope: { name: service }, metrics }
      const all = { resource, scopeMetrics: [...scopeMetrics, read] }
      return `${serializer.serialize(all).trimEnd()}\n`
    },
  }
}
