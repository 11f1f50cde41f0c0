// Car-sharing trips as Levy tells them: reservation, rental session and payment, each to its end.

import type { DemoRun } from './demo-run.ts'
import { idOf, isoAt, resource, times } from './demo-run.ts'
import { levy } from './levy-event.ts'
import type { ExpectedEvent, Sample, Story } from './sample.ts'
import { current } from './sample.ts'

/** A step of a lifecycle: what of it changes, when, and what it says. */
type Step = readonly [
  type: string,
  secondsAgo: number,
  data: Readonly<Record<string, unknown>>,
  differences?: Partial<ExpectedEvent>,
]

const booked = { accounting: 'BOOKED' } as const

function steps(
  run: DemoRun,
  resourceType: string,
  id: string,
  rows: readonly Step[],
): readonly Sample[] {
  const about = { type: resourceType, id }
  return rows.map(([type, secondsAgo, data, differences]) =>
    levy(run, { type, about, secondsAgo, data }, current(type, differences)),
  )
}

function finishedTrip(run: DemoRun, n: number): Story {
  const who = { customer_id: idOf(run, 'CU', n), vehicle_id: idOf(run, 'V', n) }
  const reservation = { reservation_id: idOf(run, 'R', n) }
  const price = { amount: `${20 + n}.90`, currency: 'EUR' }
  const session = { ...who, ...reservation }
  const plan = { starts_at: isoAt(run, 3600), ends_at: isoAt(run, 600), location_id: 'L-1' }
  return {
    title: `levy trip ${n}`,
    samples: [
      ...steps(run, 'reservation', idOf(run, 'R', n), [
        ['reservation.created', 7200, { ...who, ...plan, ...price }],
        ['reservation.updated', 7000, { ...who, ...plan, ...price, note: 'child seat' }],
      ]),
      ...steps(run, 'rental_session', idOf(run, 'S', n), [
        ['rental_session.checkin_started', 3600, { ...session, due_at: isoAt(run, 600) }],
        ['rental_session.active', 3500, { ...session, started_at: isoAt(run, 3500) }],
        ['rental_session.checkout_started', 600, session],
        ['rental_session.completed', 500, { ...session, ended_at: isoAt(run, 500) }],
      ]),
      ...steps(run, 'charge', idOf(run, 'C', n), [
        ['billing.payment_pre_authorized', 3550, { ...session, ...price }],
        [
          'billing.charge_succeeded',
          450,
          { ...session, ...price, category: 'rental_charge' },
          booked,
        ],
      ]),
    ],
  }
}

/** Canceled before it began: the payment fails. */
function canceledTrip(run: DemoRun, n: number): Story {
  const number = 40 + n
  const who = { customer_id: idOf(run, 'CU', number) }
  return {
    title: `levy canceled trip ${n}`,
    samples: [
      ...steps(run, 'reservation', idOf(run, 'R', number), [
        ['reservation.created', 5400, who],
        ['reservation.canceled', 900, { ...who, reason: 'plans_changed' }],
      ]),
      ...steps(run, 'rental_session', idOf(run, 'S', number), [
        ['rental_session.checkin_started', 1000, who],
        ['rental_session.canceled', 880, who],
      ]),
      ...steps(run, 'charge', idOf(run, 'C', number), [
        ['billing.payment_pre_authorized', 5300, { ...who, amount_minor: 4900, currency: 'EUR' }],
        ['billing.charge_failed', 870, { ...who, reason: 'insufficient_funds' }],
      ]),
    ],
  }
}

/** Nobody brought the car back in time. */
function expiredSession(run: DemoRun, n: number): Story {
  return {
    title: `levy expired session ${n}`,
    samples: steps(run, 'rental_session', idOf(run, 'S', 60 + n), [
      ['rental_session.active', 5000, { customer_id: idOf(run, 'CU', 60 + n) }],
      // The customer is not named again: the CRM completes it from the event before.
      ['rental_session.expired', 1200, {}],
    ]),
  }
}

function availability(run: DemoRun, n: number): Story {
  const window = { vehicle_id: idOf(run, 'V', 70 + n), calendar_id: 'calendar-1' }
  const span = { window_start: isoAt(run, 3000), window_end: isoAt(run, -3000) }
  const data = { ...window, ...span }
  return {
    title: `levy availability ${n}`,
    samples: steps(run, 'vehicle', idOf(run, 'V', 70 + n), [
      ['vehicle_availability.window_blocked', 3000, { ...data, reason: 'maintenance' }],
      ['vehicle_availability.calendar_conflict', 2900, data],
      ['vehicle_availability.window_released', 2000, data],
    ]),
  }
}

function commandFailure(run: DemoRun, n: number): Story {
  const about = resource(run, 'vehicle', 'V', 80 + n)
  const data = { vehicle_id: about.id, command: 'unlock', error: 'telematics timeout' }
  const type = 'vehicle.command_failed'
  return {
    title: `levy command failure ${n}`,
    samples: [levy(run, { type, about, secondsAgo: 300, data }, current(type))],
  }
}

export function levyTrips(run: DemoRun): Story[] {
  return [
    ...times(10, n => finishedTrip(run, n)),
    ...times(3, n => canceledTrip(run, n)),
    ...times(2, n => expiredSession(run, n)),
    ...times(3, n => availability(run, n)),
    ...times(3, n => commandFailure(run, n)),
  ]
}
