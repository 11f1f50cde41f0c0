// Smartcar's version 2: scheduled and dynamic deliveries about several vehicles, which become one record
// each, and event-based ones about a single vehicle.

import type { DemoRun } from './demo-run.ts'
import { idOf, jsonBytes, msAt, times } from './demo-run.ts'
import type { Expected, Sample, SampleOptions, Story } from './sample.ts'
import { current, deadLetter, duplicate, sampleOf } from './sample.ts'

interface LegacyDelivery {
  /** `schedule` and `scheduled` are two names of one thing. */
  eventName: 'schedule' | 'scheduled' | 'dynamic' | 'eventBased'
  name: string
  payload: object
}

function legacy(
  run: DemoRun,
  delivery: LegacyDelivery,
  expected: Expected,
  options: SampleOptions = {},
): Sample {
  const { eventName, name, payload } = delivery
  const body = jsonBytes({
    version: '2.0',
    webhookId: `webhook-${run.id}`,
    eventName,
    mode: 'live',
    payload,
  })
  const title = `smartcar ${eventName} ${name}`
  const draft = { title, endpointId: 'smartcar-demo', eventId: '', body } as const
  return sampleOf(draft, expected, options)
}

const reported = current('vehicle.state_reported')
const allFailed = current('vehicle.signal_failed')

interface Reading {
  path: string
  body: object | null
}

function vehicle(run: DemoRun, vehicleId: string, round: number, readings: readonly Reading[]) {
  return {
    vehicleId,
    requestId: `${vehicleId}-request-${round}`,
    timestamp: new Date(msAt(run, 1000 - round * 100)).toISOString(),
    data: readings.map(({ path, body }) =>
      body === null
        ? { path, code: 502, error: { type: 'UPSTREAM_ERROR', code: 'VEHICLE_OFFLINE' } }
        : { path, code: 200, body },
    ),
  }
}

function readings(round: number): Reading[] {
  return [
    { path: '/odometer', body: { distance: 4000 + round } },
    { path: '/battery', body: { percentRemaining: 0.8, range: 210 } },
  ]
}

function vehicleIds(run: DemoRun, first: number, count: number): string[] {
  return times(count, n => idOf(run, 'SC', first + n))
}

function scheduled(run: DemoRun, n: number): Story {
  const ids = vehicleIds(run, 100 + n * 10, 3)
  const vehicles = (round: number) => ids.map(id => vehicle(run, id, round, readings(round)))
  const accepted = { answer: 'accepted', records: ids.map(() => reported) } as const
  const first = { name: `${n} first`, payload: { vehicles: vehicles(1) } }
  return {
    title: `smartcar schedule ${n}`,
    samples: [
      legacy(run, { ...first, eventName: 'schedule' }, accepted),
      legacy(
        run,
        { eventName: 'scheduled', name: `${n} second`, payload: { vehicles: vehicles(2) } },
        accepted,
      ),
      // Under its other name: the same vehicles, the same requests.
      legacy(
        run,
        { ...first, eventName: 'scheduled' },
        { answer: 'accepted', records: ids.map(() => duplicate) },
        { kind: 'duplicate' },
      ),
    ],
  }
}

function dynamic(run: DemoRun, n: number): Story {
  const [good = '', broken = ''] = vehicleIds(run, 140 + n * 10, 2)
  const failed = readings(1).map(({ path }) => ({ path, body: null }))
  const vehicles = [vehicle(run, good, 1, readings(1)), vehicle(run, broken, 1, failed)]
  return {
    title: `smartcar dynamic ${n}`,
    samples: [
      legacy(
        run,
        { eventName: 'dynamic', name: `${n}`, payload: { vehicles } },
        { answer: 'accepted', records: [reported, allFailed] },
        { kind: 'failed signals' },
      ),
    ],
  }
}

function eventBased(run: DemoRun, n: number): Story {
  const vehicleId = idOf(run, 'SC', 180 + n)
  const payload = {
    eventId: `${vehicleId}-event`,
    vehicleId,
    eventType: 'vehicle.connected',
    eventTime: new Date(msAt(run, 700)).toISOString(),
  }
  return {
    title: `smartcar eventBased ${n}`,
    samples: [
      legacy(
        run,
        { eventName: 'eventBased', name: vehicleId, payload },
        { answer: 'accepted', records: [reported] },
      ),
    ],
  }
}

const vehiclesMax = 64

/** Kept whole: a part of it would look complete. */
function tooMany(run: DemoRun): Story {
  const ids = vehicleIds(run, 200, vehiclesMax + 1)
  const vehicles = ids.map(id => vehicle(run, id, 1, []))
  return {
    title: 'smartcar too many vehicles',
    samples: [
      legacy(
        run,
        { eventName: 'schedule', name: 'with 65 vehicles', payload: { vehicles } },
        { answer: 'accepted', records: [deadLetter('UNIDENTIFIED')] },
        { kind: 'unusable content' },
      ),
    ],
  }
}

export function smartcarLegacyStories(run: DemoRun): Story[] {
  return [
    ...times(2, n => scheduled(run, n)),
    ...times(2, n => dynamic(run, n)),
    ...times(2, n => eventBased(run, n)),
    tooMany(run),
  ]
}
