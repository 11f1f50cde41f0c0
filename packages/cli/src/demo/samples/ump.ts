// Rentals as UMP tells them: thin events of whole seconds, which name a resource and nothing more.

import type { About, DemoRun } from './demo-run.ts'
import { eventIdOf, isoSecondsAt, jsonBytes, resource, times } from './demo-run.ts'
import type { Expected, ExpectedRecord, Sample, SampleOptions, Story } from './sample.ts'
import { current, sampleOf, superseded } from './sample.ts'

export interface UmpEvent {
  type: string
  about: About
  secondsAgo: number
  id?: string
}

export function ump(
  run: DemoRun,
  event: UmpEvent,
  expected: Expected | ExpectedRecord,
  options: SampleOptions = {},
): Sample {
  const { type, about } = event
  const eventId = event.id ?? eventIdOf('evt_', about, type)
  const body = jsonBytes({
    id: eventId,
    type,
    timestamp: isoSecondsAt(run, event.secondsAgo),
    resource: about,
  })
  const draft = { title: `ump ${type} ${about.id}`, endpointId: 'ump-demo', eventId, body } as const
  return sampleOf(draft, expected, options)
}

/** No amount comes with a thin event: the entry waits for it. */
const awaitingAmount = { accounting: 'AWAITING_AMOUNT' } as const

function rental(run: DemoRun, n: number): Story {
  const booking = resource(run, 'booking', 'BK', n)
  const car = resource(run, 'rental', 'RE', n)
  const payment = resource(run, 'payment', 'PA', n)
  const tell = (type: string, about: About, secondsAgo: number, expected: ExpectedRecord) =>
    ump(run, { type, about, secondsAgo }, expected)
  return {
    title: `ump rental ${n}`,
    samples: [
      tell('booking_created', booking, 9000, current('reservation.created')),
      tell('booking_updated', booking, 8900, current('reservation.updated')),
      tell('booking_accepted', booking, 8800, current('reservation.accepted')),
      tell('payment_pre_authorized', payment, 8700, current('billing.payment_pre_authorized')),
      tell('rental_started', car, 6000, current('rental_session.active')),
      tell('rental_extended', car, 3000, current('rental_session.extended')),
      tell('rental_closed', car, 800, current('rental_session.completed')),
      tell('payment_captured', payment, 700, current('billing.charge_succeeded', awaitingAmount)),
    ],
  }
}

/** Whole seconds make ties: the rank of the type decides, in whatever order they arrive. */
function refusedBooking(run: DemoRun, n: number): Story {
  const booking = resource(run, 'booking', 'BK', 40 + n)
  const payment = resource(run, 'payment', 'PA', 40 + n)
  const tie = { kind: 'equal times' } as const
  const secondsAgo = 5000
  return {
    title: `ump refused booking ${n}`,
    samples: [
      ump(
        run,
        { type: 'booking_updated', about: booking, secondsAgo },
        current('reservation.updated'),
        tie,
      ),
      ump(
        run,
        { type: 'booking_created', about: booking, secondsAgo },
        superseded('reservation.created'),
        tie,
      ),
      ump(
        run,
        { type: 'booking_refused', about: booking, secondsAgo },
        current('reservation.refused'),
        tie,
      ),
      ump(
        run,
        { type: 'payment_failed', about: payment, secondsAgo: 4900 },
        current('billing.charge_failed'),
      ),
    ],
  }
}

function brokenRental(run: DemoRun, n: number): Story {
  const booking = resource(run, 'booking', 'BK', 60 + n)
  const car = resource(run, 'rental', 'RE', 60 + n)
  const payment = resource(run, 'payment', 'PA', 60 + n)
  return {
    title: `ump broken rental ${n}`,
    samples: [
      ump(
        run,
        { type: 'rental_incident', about: car, secondsAgo: 2000 },
        current('incident.reported'),
      ),
      ump(
        run,
        { type: 'booking_cancelled', about: booking, secondsAgo: 1900 },
        current('reservation.canceled'),
      ),
      ump(
        run,
        { type: 'payment_refunded', about: payment, secondsAgo: 1800 },
        current('billing.refund_processed', awaitingAmount),
      ),
    ],
  }
}

function customer(run: DemoRun, n: number): Story {
  const about = resource(run, 'customer', 'CU', 400 + n)
  const tell = (type: string, secondsAgo: number, expected: ExpectedRecord) =>
    ump(run, { type: `customer_${type}`, about, secondsAgo }, expected)
  return {
    title: `ump customer ${n}`,
    samples: [
      tell('created', 7000, current('customer.created')),
      tell('updated', 3000, current('customer.updated')),
      tell('deleted', 1000, current('customer.deleted', { crm: 'ERASE' })),
    ],
  }
}

function location(run: DemoRun, n: number): Story {
  const about = resource(run, 'location', 'L', 400 + n)
  const actions = ['created', 'updated', 'deleted'] as const
  return {
    title: `ump location ${n}`,
    samples: actions.map((action, index) =>
      ump(
        run,
        { type: `location_${action}`, about, secondsAgo: 4000 - index * 1000 },
        current(`location.${action}`),
      ),
    ),
  }
}

export function umpStories(run: DemoRun): Story[] {
  return [
    ...times(7, n => rental(run, n)),
    ...times(3, n => refusedBooking(run, n)),
    ...times(3, n => brokenRental(run, n)),
    ...times(3, n => customer(run, n)),
    ...times(3, n => location(run, n)),
  ]
}
