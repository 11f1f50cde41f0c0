// Values as they are at the scrape. Not OpenTelemetry's observable gauges: those keep of two readings
// the one with the later wall clock, so after a clock was set back they would say for as long what was
// true before (`LastValueAggregator.merge`), and series that are no longer read stay for ever.

import { ValueType } from '@opentelemetry/api'
import type { HrTime } from '@opentelemetry/api'
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics'
import type { GaugeMetricData } from '@opentelemetry/sdk-metrics'

import type { Labels } from './metrics.ts'

export type ReadGauge = () => readonly { value: number; labels?: Labels }[]

interface Gauge {
  readonly help: string
  readonly reads: ReadGauge[]
}

/** Prometheus' text has no room for it. */
const noTime: HrTime = [0, 0]

export class Gauges {
  readonly #byName = new Map<string, Gauge>()

  /** Several readers of one name add their series. */
  add(name: string, help: string, read: ReadGauge): void {
    const known = this.#byName.get(name)
    if (known === undefined) this.#byName.set(name, { help, reads: [read] })
    else known.reads.push(read)
  }

  read(): GaugeMetricData[] {
    return [...this.#byName]
      .map(([name, { help, reads }]): GaugeMetricData => ({
        descriptor: { name, description: help, unit: '', valueType: ValueType.DOUBLE },
        aggregationTemporality: AggregationTemporality.CUMULATIVE,
        dataPointType: DataPointType.GAUGE,
        dataPoints: reads.flatMap(pointsOf),
      }))
      .filter(({ dataPoints }) => dataPoints.length > 0)
  }
}

function pointsOf(read: ReadGauge): GaugeMetricData['dataPoints'] {
  try {
    return read().map(({ value, labels = {} }) => ({
      attributes: labels,
      startTime: noTime,
      endTime: noTime,
      value,
    }))
  } catch {
    // As with OpenTelemetry's: it is missing, which alerts can see; the other series are told.
    return []
  }
}
