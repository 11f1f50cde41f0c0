// A partner that signs by the Standard Webhooks specification: the event id is the webhook-id header, the
// body is our envelope or the specification's own form.

import type { About, DemoRun } from './demo-run.ts'
import { eventIdOf, idOf, isoAt, jsonBytes, resource, times } from './demo-run.ts'
import type { Expected, ExpectedRecord, Sample, SampleOptions, Story } from './sample.ts'
import { current, sampleOf } from './sample.ts'

type Data = Readonly<Record<string, unknown>>

export interface PartnerEvent {
  type: string
  about: About
  secondsAgo: number
  data?: Data
  id?: string
  mode?: string
}

export function partner(
  run: DemoRun,
  event: PartnerEvent,
  expected: Expected | ExpectedRecord,
  options: SampleOptions = {},
): Sample {
  const { type, about, data = {}, mode } = event
  const body = {
    event_type: type,
    occurred_at: isoAt(run, event.secondsAgo),
    resource_type: about.type,
    resource_id: about.id,
    ...(mode === undefined ? {} : { mode }),
    data,
  }
  return sampleOf(draftOf(event, body), expected, options)
}

/** The specification's own names: `type`, `timestamp`, and the resource in `data`. */
function plain(run: DemoRun, event: PartnerEvent, expected: ExpectedRecord): Sample {
  const { type, about, data = {} } = event
  const names = { resource_type: about.type, resource_id: about.id }
  const body = { type, timestamp: isoAt(run, event.secondsAgo), data: { ...names, ...data } }
  return sampleOf(draftOf(event, body), expected)
}

function draftOf(event: PartnerEvent, body: object) {
  const { type, about } = event
  const eventId = event.id ?? eventIdOf('msg_', about, type)
  const title = `partner ${type} ${about.id}`
  return { title, endpointId: 'sw-demo', eventId, body: jsonBytes(body) } as const
}

function customer(run: DemoRun, n: number): Story {
  const about = resource(run, 'customer', 'CU', 500 + n)
  const person = {
    customer_id: about.id,
    name: `Demo Person ${n}`,
    email: `person${n}@example.com`,
    locale: 'de-DE',
  }
  return {
    title: `partner customer ${n}`,
    samples: [
      partner(
        run,
        { type: 'customer.created', about, secondsAgo: 6000, data: person },
        current('customer.created'),
      ),
      partner(
        run,
        {
          type: 'customer.updated',
          about,
          secondsAgo: 2000,
          data: { ...person, phone: '+49 30 1' },
        },
        current('customer.updated'),
      ),
    ],
  }
}

function location(run: DemoRun, n: number): Story {
  const about = resource(run, 'location', 'L', 500 + n)
  const data = {
    name: `Station ${n}`,
    timezone: 'Europe/Berlin',
    latitude: 52.5,
    longitude: '13.4',
  }
  return {
    title: `partner location ${n}`,
    samples: [
      plain(
        run,
        { type: 'location.created', about, secondsAgo: 5000, data },
        current('location.created'),
      ),
      plain(
        run,
        { type: 'location.updated', about, secondsAgo: 1500, data },
        current('location.updated'),
      ),
    ],
  }
}

function stay(run: DemoRun, n: number): Story {
  const reservation = resource(run, 'Reservation', 'R', 500 + n)
  const session = resource(run, 'rentalSession', 'S', 500 + n)
  const charge = resource(run, 'payment', 'C', 500 + n)
  const data = { customer_id: idOf(run, 'CU', 520 + n) }
  const price = { ...data, amount: '64.00', currency: 'CHF', category: 'rental_charge' }
  const tell = (type: string, about: About, secondsAgo: number, said: Data, end: ExpectedRecord) =>
    partner(run, { type, about, secondsAgo, data: said }, end)
  return {
    title: `partner stay ${n}`,
    samples: [
      tell('reservation.created', reservation, 8000, data, current('reservation.created')),
      tell('rental_session.active', session, 7000, data, current('rental_session.active')),
      tell('rental_session.completed', session, 900, data, current('rental_session.completed')),
      tell(
        'billing.charge_succeeded',
        charge,
        800,
        price,
        current('billing.charge_succeeded', { accounting: 'BOOKED' }),
      ),
    ],
  }
}

export function partnerStories(run: DemoRun): Story[] {
  return [
    ...times(4, n => customer(run, n)),
    ...times(3, n => location(run, n)),
    ...times(4, n => stay(run, n)),
  ]
}
