// Histograms that are added up here and told at the scrape, in OpenTelemetry's own terms. Its own sort and
// serialize the labels at every value: more than all else that is counted for an event together.

import { ValueType } from '@opentelemetry/api'
import type { HrTime } from '@opentelemetry/api'
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics'
import type { HistogramMetricData } from '@opentelemetry/sdk-metrics'

import type { Histogram, Labels } from './metrics.ts'

/** Of one name; the last is of all that are new then, with the label OpenTelemetry gives it. */
export const seriesMax = 10_000
const overflow: Labels = { 'otel.metric.overflow': 'true' }

/** Prometheus' text has no room for it. */
const noTime: HrTime = [0, 0]

interface Series {
  readonly labels: Labels
  /** Of each boundary the values up to it and above the one before; last those above all. */
  readonly counts: number[]
  sum: number
  count: number
}

export class Histograms {
  readonly #byName = new Map<string, { readonly help: string; readonly histogram: Summed }>()

  /** Asking again for a name gives the same. */
  get(name: string, help: string, boundaries: readonly number[]): Histogram {
    const known = this.#byName.get(name)
    if (known !== undefined) return known.histogram
    const histogram = new Summed(boundaries)
    this.#byName.set(name, { help, histogram })
    return histogram
  }

  read(): HistogramMetricData[] {
    return [...this.#byName]
      .map(([name, { help, histogram }]): HistogramMetricData => ({
        descriptor: { name, description: help, unit: '', valueType: ValueType.DOUBLE },
        aggregationTemporality: AggregationTemporality.CUMULATIVE,
        dataPointType: DataPointType.HISTOGRAM,
        dataPoints: histogram.points(),
      }))
      .filter(({ dataPoints }) => dataPoints.length > 0)
  }
}

class Summed implements Histogram {
  readonly #boundaries: readonly number[]
  readonly #series = new Map<string, Series>()
  /** Who observes often gives the same labels each time. */
  #lastLabels: Labels | undefined | null = null
  #last: Series | null = null

  constructor(boundaries: readonly number[]) {
    this.#boundaries = boundaries.toSorted((left, right) => left - right)
  }

  observe(value: number, labels?: Labels): void {
    // As OpenTelemetry: neither what is no number nor what would lower the sum.
    if (!(value >= 0)) return
    const series =
      labels === this.#lastLabels && this.#last !== null ? this.#last : this.#of(labels)
    const boundaries = this.#boundaries
    let bucket = 0
    while (bucket < boundaries.length && value > (boundaries[bucket] as number)) bucket++
    series.counts[bucket] = (series.counts[bucket] as number) + 1
    series.sum += value
    series.count++
  }

  points(): HistogramMetricData['dataPoints'] {
    return [...this.#series.values()].map(({ labels, counts, sum, count }) => ({
      attributes: { ...labels },
      startTime: noTime,
      endTime: noTime,
      value: { buckets: { boundaries: [...this.#boundaries], counts: [...counts] }, sum, count },
    }))
  }

  #of(labels: Labels | undefined): Series {
    const series = this.#find(labels ?? {})
    this.#lastLabels = labels
    this.#last = series
    return series
  }

  #find(labels: Labels): Series {
    const entries = Object.entries(labels).toSorted(([left], [right]) => (left < right ? -1 : 1))
    const key = JSON.stringify(entries)
    const known = this.#series.get(key)
    if (known !== undefined) return known
    if (this.#series.size >= seriesMax - 1 && labels !== overflow) return this.#find(overflow)
    const counts = Array.from({ length: this.#boundaries.length + 1 }, () => 0)
    const series: Series = { labels: { ...labels }, counts, sum: 0, count: 0 }
    this.#series.set(key, series)
    return series
  }
}
