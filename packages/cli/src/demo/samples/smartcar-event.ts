// Smartcar's version 4 on the wire: one vehicle, its signals each with a time of its own, and `meta` about
// the delivery alone.

import { idOf, jsonBytes, msAt } from './demo-run.ts'
import type { DemoRun } from './demo-run.ts'
import type { Expected, ExpectedRecord, Sample, SampleOptions } from './sample.ts'
import { sampleOf } from './sample.ts'

export interface SignalSample {
  /** Group and name; the code follows from them. */
  group: string
  name: string
  secondsAgo: number
  /** Null: the reading failed. */
  value: unknown
  unit?: string
}

export interface VehicleReport {
  /** Tells the reports of a vehicle apart. */
  number: number
  vehicleId: string
  deliveredSecondsAgo: number
  /** Changes with every attempt. */
  attempt?: number
  mode?: 'LIVE' | 'TEST'
}

export function vehicleState(
  run: DemoRun,
  report: VehicleReport,
  signals: readonly SignalSample[],
  expected: ExpectedRecord,
  options: SampleOptions = {},
): Sample {
  const data = {
    user: { id: idOf(run, 'U', 1) },
    vehicle: vehicleOf(report),
    triggers: [{ type: 'SIGNAL_UPDATED', signal: 'Odometer.TraveledDistance' }],
    signals: signals.map(signal => signalJson(run, signal)),
  }
  return vehicleEvent(run, report, 'VEHICLE_STATE', data, expected, options)
}

export interface ErrorSample {
  type: string
  code: string | null
  state: 'ERROR' | 'RESOLVED'
}

export function vehicleError(
  run: DemoRun,
  report: VehicleReport,
  errors: readonly ErrorSample[],
  expected: ExpectedRecord,
  options: SampleOptions = {},
): Sample {
  const data = {
    user: { id: idOf(run, 'U', 1) },
    vehicle: vehicleOf(report),
    errors: errors.map(error => ({
      ...error,
      description: 'What went wrong, for a developer.',
      suggestedUserMessage: 'What to do, for the driver.',
      docURL: null,
      resolution: { type: 'RETRY_LATER' },
      signals: ['Odometer.TraveledDistance', { code: 'location-preciselocation' }],
    })),
  }
  return vehicleEvent(run, report, 'VEHICLE_ERROR', data, expected, options)
}

function vehicleEvent(
  run: DemoRun,
  report: VehicleReport,
  eventType: string,
  data: object,
  expected: Expected | ExpectedRecord,
  options: SampleOptions,
): Sample {
  const { vehicleId, number, attempt = 1, mode = 'LIVE' } = report
  const eventId = `${vehicleId}-${number}`
  const body = jsonBytes({
    eventId,
    eventType,
    data,
    meta: {
      version: '4.0',
      deliveryId: `${eventId}-delivery-${attempt}`,
      deliveredAt: msAt(run, report.deliveredSecondsAgo),
      webhookId: `webhook-${run.id}`,
      webhookName: 'fleet',
      mode,
    },
  })
  const title = `smartcar ${eventType} ${eventId}`
  return sampleOf({ title, endpointId: 'smartcar-demo', eventId, body }, expected, options)
}

function vehicleOf({ vehicleId }: VehicleReport) {
  return { id: vehicleId, make: 'TESLA', model: 'Model 3', year: 2024 }
}

function signalJson(run: DemoRun, signal: SignalSample): object {
  const { group, name, value, unit } = signal
  const named = { code: `${group}-${name}`.toLowerCase(), name, group }
  const at = msAt(run, signal.secondsAgo)
  const meta = { oemUpdatedAt: at, retrievedAt: at + 1500 }
  if (value === null) {
    const error = { type: 'UPSTREAM', code: 'UPSTREAM_ERROR' }
    return { ...named, status: { value: 'ERROR', error }, meta }
  }
  const isLocation = typeof value === 'object'
  const body = isLocation ? value : { value, ...(unit === undefined ? {} : { unit }) }
  return { ...named, status: { value: 'SUCCESS' }, body, meta }
}

export function odometer(secondsAgo: number, value: number | null): SignalSample {
  return { group: 'Odometer', name: 'TraveledDistance', secondsAgo, value, unit: 'km' }
}

export function charge(secondsAgo: number, value: number | null): SignalSample {
  return { group: 'TractionBattery', name: 'StateOfCharge', secondsAgo, value, unit: 'percent' }
}

export function position(secondsAgo: number): SignalSample {
  const value = { latitude: 52.52, longitude: 13.405 }
  return { group: 'Location', name: 'PreciseLocation', secondsAgo, value }
}
