// Vehicles as Smartcar's version 4 tells them: states merged signal by signal, failed signals, errors that
// come and go, and its verification challenge.

import type { DemoRun } from './demo-run.ts'
import { idOf, jsonBytes, msAt, times } from './demo-run.ts'
import type { Expected, Sample, SampleOptions, Story } from './sample.ts'
import { current, duplicate, refused, sampleOf, superseded, testEvent } from './sample.ts'
import type { SignalSample } from './smartcar-event.ts'
import { charge, odometer, position, vehicleError, vehicleState } from './smartcar-event.ts'

const reported = 'vehicle.state_reported'
const failed = 'vehicle.signal_failed'

function drive(run: DemoRun, n: number): Story {
  const vehicleId = idOf(run, 'SC', n)
  const state = (number: number, secondsAgo: number, km: number): Sample =>
    vehicleState(
      run,
      { number, vehicleId, deliveredSecondsAgo: secondsAgo - 2 },
      [odometer(secondsAgo, km), charge(secondsAgo, 90 - number), position(secondsAgo)],
      current(reported),
    )
  return {
    title: `smartcar drive ${n}`,
    samples: [state(1, 3600, 1000 * n), state(2, 1800, 1000 * n + 40), state(3, 60, 1000 * n + 75)],
  }
}

/** Late news of one signal must not undo newer news of another. */
function signalBySignal(run: DemoRun): Story {
  const vehicleId = idOf(run, 'SC', 40)
  const late = { kind: 'out of order' } as const
  const again = { number: 1, vehicleId, deliveredSecondsAgo: 10 }
  const first = [odometer(600, 5000), charge(600, 80)]
  return {
    title: 'smartcar signal by signal',
    samples: [
      vehicleState(run, again, first, current(reported)),
      vehicleState(
        run,
        { number: 2, vehicleId, deliveredSecondsAgo: 9 },
        [odometer(1200, 4990), position(1200)],
        current(reported),
        late,
      ),
      vehicleState(
        run,
        { number: 3, vehicleId, deliveredSecondsAgo: 8 },
        [odometer(1800, 4980), charge(1800, 85)],
        superseded(reported),
        late,
      ),
      // A retry: another delivery id and time, the same event.
      vehicleState(run, { ...again, attempt: 2, deliveredSecondsAgo: 5 }, first, duplicate, {
        kind: 'duplicate',
        title: `smartcar retry of ${vehicleId}-1`,
      }),
    ],
  }
}

function failedSignals(run: DemoRun, n: number): Story {
  const vehicleId = idOf(run, 'SC', 50 + n)
  const kind = { kind: 'failed signals' } as const
  const about = (number: number) => ({ number, vehicleId, deliveredSecondsAgo: 20 - number })
  return {
    title: `smartcar failed signals ${n}`,
    samples: [
      vehicleState(run, about(1), [odometer(900, 7000), charge(900, 60)], current(reported)),
      vehicleState(
        run,
        about(2),
        [odometer(500, 7010), charge(500, null)],
        current(reported),
        kind,
      ),
      vehicleState(run, about(3), [odometer(100, null), charge(100, null)], current(failed), kind),
    ],
  }
}

function errors(run: DemoRun, n: number): Story {
  const vehicleId = idOf(run, 'SC', 60 + n)
  const about = (number: number) => ({ number, vehicleId, deliveredSecondsAgo: 400 - number * 60 })
  const account = { type: 'CONNECTED_SERVICES_ACCOUNT', code: 'AUTHENTICATION_FAILED' }
  const upstream = { type: 'UPSTREAM_ERROR', code: null, state: 'ERROR' } as const
  return {
    title: `smartcar errors ${n}`,
    samples: [
      vehicleError(run, about(1), [upstream], current(failed)),
      vehicleError(
        run,
        about(2),
        [{ ...account, state: 'ERROR' }],
        current('vehicle.reauthentication_required'),
      ),
      vehicleError(
        run,
        about(3),
        [{ ...account, state: 'RESOLVED' }],
        current('vehicle.error_resolved'),
      ),
    ],
  }
}

const largeBytes = 50_000

/** Smartcar sends up to 50 KB. */
function largeBody(run: DemoRun): Story {
  const vehicleId = idOf(run, 'SC', 70)
  const report = { number: 1, vehicleId, deliveredSecondsAgo: 5 }
  const kind = { kind: 'large body' } as const
  const signals: SignalSample[] = []
  for (;;) {
    const name = `Part${signals.length}`
    signals.push({ group: 'Diagnostics', name, secondsAgo: 30, value: 'ok' })
    const sample = vehicleState(run, report, signals, current(reported), kind)
    if (sample.body.length >= largeBytes) return { title: 'smartcar large body', samples: [sample] }
  }
}

/** The dashboard's test button; the same event for real is another event. */
function testButton(run: DemoRun): Story {
  const vehicleId = idOf(run, 'SC', 80)
  const report = { number: 1, vehicleId, deliveredSecondsAgo: 5 }
  const kind = { kind: 'test delivery', title: `smartcar test of ${vehicleId}` } as const
  const signals = [odometer(60, 10)]
  return {
    title: 'smartcar test button',
    samples: [
      vehicleState(run, { ...report, mode: 'TEST' }, signals, testEvent(reported), kind),
      vehicleState(run, report, signals, current(reported)),
    ],
  }
}

function challenge(
  run: DemoRun,
  token: string,
  expected: Expected,
  options: SampleOptions,
): Sample {
  const eventId = idOf(run, 'verify', token.length)
  const body = jsonBytes({
    eventId,
    eventType: 'VERIFY',
    data: { challenge: token },
    meta: { version: '4.0', webhookId: `webhook-${run.id}`, deliveredAt: msAt(run, 0) },
  })
  const draft = { title: '', endpointId: 'smartcar-demo', eventId, body } as const
  return sampleOf(draft, expected, { kind: 'challenge', ...options })
}

function challenges(run: DemoRun): Story {
  const token = `challenge-${run.id}`
  return {
    title: 'smartcar challenges',
    samples: [
      challenge(
        run,
        token,
        { answer: 'challenge', challenge: token },
        { title: 'smartcar signed challenge' },
      ),
      challenge(run, token, refused(401), {
        title: unsignedChallengeTitle,
        signing: 'none',
      }),
      // The answer would be a valid signature of these bytes.
      challenge(run, `{"forged":"${run.id}"}`, refused(401), {
        title: 'smartcar challenge that is a JSON body',
      }),
    ],
  }
}

/** Answered instead of refused, once, while an operator has armed the endpoint. */
export const unsignedChallengeTitle = 'smartcar unsigned challenge'

export function smartcarStories(run: DemoRun): Story[] {
  return [
    ...times(7, n => drive(run, n)),
    signalBySignal(run),
    ...times(2, n => failedSignals(run, n)),
    ...times(3, n => errors(run, n)),
    largeBody(run),
    testButton(run),
    challenges(run),
  ]
}
