// Deliveries that are refused, and signed ones that are accepted although nothing, or nothing known, can
// be made of them.

import { utf8Bytes } from '@fleet/contracts'
import type { DemoRun } from './demo-run.ts'
import { jsonBytes, resource } from './demo-run.ts'
import { levy } from './levy-event.ts'
import type { Sample, Story } from './sample.ts'
import { current, deadLetter, refused, sampleOf, testEvent } from './sample.ts'
import { odometer, vehicleState } from './smartcar-event.ts'
import { partner } from './standard-webhooks.ts'
import { ump } from './ump.ts'

const created = 'reservation.created'
const paid = 'billing.charge_succeeded'

function refusals(run: DemoRun): Story {
  const about = resource(run, 'reservation', 'R', 700)
  const booking = resource(run, 'booking', 'BK', 700)
  const vehicleId = resource(run, 'vehicle', 'SC', 700).id
  const event = { type: created, about, secondsAgo: 60 }
  const thin = { type: 'booking_created', about: booking, secondsAgo: 60 }
  const state = { number: 1, vehicleId, deliveredSecondsAgo: 5 }
  const no = refused(401)
  const wrong = (title: string) => ({ kind: 'refused', signing: 'wrong', title }) as const
  const large = { ...event, data: { note: 'x'.repeat(run.bodyBytesMax) } }
  return {
    title: 'refused deliveries',
    samples: [
      levy(run, event, no, wrong('levy bad signature')),
      ump(run, thin, no, wrong('ump bad signature')),
      partner(run, event, no, wrong('partner bad signature')),
      {
        ...vehicleState(run, state, [odometer(60, 1)], current('vehicle.state_reported')),
        ...wrong('smartcar bad signature'),
        expected: no,
      },
      ump(run, thin, no, { kind: 'refused', signing: 'none', title: 'ump without signature' }),
      partner(run, event, no, {
        kind: 'refused',
        signing: 'stale',
        title: 'partner signature of ten minutes ago',
      }),
      levy(run, large, refused(413), { kind: 'refused', title: 'levy body over the limit' }),
      levy(run, event, refused(415), {
        kind: 'refused',
        title: 'levy content encoding gzip',
        headers: { 'content-encoding': 'gzip' },
      }),
    ],
  }
}

/** Signed, so it is kept; unusable, so it is a dead letter with its bytes. */
function unusable(run: DemoRun): Story {
  const about = resource(run, 'reservation', 'R', 710)
  const kind = 'unusable content' as const
  const malformed = (name: string, body: string): Sample => {
    const title = `levy malformed JSON: ${name}`
    const eventId = `evt-${about.id}-${name}`
    const draft = { title, endpointId: 'levy-demo', eventId, body: utf8Bytes(body) } as const
    return sampleOf(draft, deadLetter('UNIDENTIFIED'), { kind })
  }
  return {
    title: 'unusable content',
    samples: [
      malformed('cut off', `{"event_id":"evt-${about.id}","event_type":"reserv`),
      malformed('a list', JSON.stringify([{ event_id: `evt-${about.id}` }])),
      sampleOf(
        {
          title: 'ump without resource',
          endpointId: 'ump-demo',
          eventId: `evt_${about.id}`,
          body: jsonBytes({ id: `evt_${about.id}`, type: 'booking_created' }),
        },
        deadLetter('UNIDENTIFIED'),
        { kind },
      ),
      levy(
        run,
        { type: created, about, secondsAgo: 0, envelope: { occurred_at: 'yesterday' } },
        deadLetter('BAD_TIME'),
        { kind, title: 'levy a time nobody can read' },
      ),
    ],
  }
}

/** Sources add types before we know them: nothing is refused, nothing dropped. */
function unknownTypes(run: DemoRun): Story {
  const kind = 'unknown type' as const
  const reservation = resource(run, 'reservation', 'R', 720)
  const booking = resource(run, 'booking', 'BK', 720)
  const incident = resource(run, 'incident', 'I', 720)
  const member = resource(run, 'loyalty_card', 'LC', 720)
  const depot = resource(run, 'depot', 'D', 720)
  const history = { crm: 'HISTORY' } as const
  const keys = 'reservation.keys_handed_over'
  const secondsAgo = 300
  return {
    title: 'unknown types',
    samples: [
      levy(run, { type: keys, about: reservation, secondsAgo }, current(keys, history), { kind }),
      levy(
        run,
        { type: 'claim.escalated', about: incident, secondsAgo },
        current('claim.escalated', { domain: 'incident', ...history }),
        { kind },
      ),
      ump(
        run,
        { type: 'booking_reminded', about: booking, secondsAgo },
        current('booking_reminded', { domain: 'reservation', ...history }),
        { kind },
      ),
      ump(
        run,
        { type: 'depot_opened', about: depot, secondsAgo },
        current('depot_opened', { domain: 'unmapped' }),
        { kind },
      ),
      partner(
        run,
        { type: 'loyalty.points_earned', about: member, secondsAgo },
        current('loyalty.points_earned', { domain: 'unmapped' }),
        { kind },
      ),
    ],
  }
}

/** Tests are published for whoever wants to see them, and count nowhere. */
function testDeliveries(run: DemoRun): Story {
  const kind = 'test delivery' as const
  const charge = resource(run, 'charge', 'C', 730)
  const customer = resource(run, 'customer', 'CU', 730)
  const data = { amount: '99.00', currency: 'EUR' }
  return {
    title: 'test deliveries',
    samples: [
      levy(
        run,
        { type: paid, about: charge, secondsAgo: 60, data, envelope: { mode: 'TEST' } },
        testEvent(paid),
        { kind },
      ),
      partner(
        run,
        { type: 'customer.deleted', about: customer, secondsAgo: 60, mode: 'simulated' },
        testEvent('customer.deleted'),
        { kind },
      ),
    ],
  }
}

/** The tenant is the endpoint's, whatever the body says. */
function foreignTenant(run: DemoRun): Story {
  const about = resource(run, 'reservation', 'R', 740)
  const envelope = { tenant_id: `other-${run.id}` }
  return {
    title: 'foreign tenant',
    samples: [
      levy(run, { type: created, about, secondsAgo: 60, envelope }, current(created), {
        title: 'levy another tenant in the body',
      }),
    ],
  }
}

export function oddStories(run: DemoRun): Story[] {
  return [refusals(run), unusable(run), unknownTypes(run), testDeliveries(run), foreignTenant(run)]
}
