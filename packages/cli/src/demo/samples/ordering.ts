// What arrives twice, late, at the same instant or too early: who wins must not depend on who came first.

import type { About, DemoRun } from './demo-run.ts'
import { eventIdOf, idOf, resource } from './demo-run.ts'
import { levy } from './levy-event.ts'
import type { LevyEvent } from './levy-event.ts'
import type { ExpectedRecord, Sample, Story } from './sample.ts'
import { current, deadLetter, duplicate, superseded } from './sample.ts'
import { partner } from './standard-webhooks.ts'
import { ump } from './ump.ts'

const created = 'reservation.created'
const updated = 'reservation.updated'

function duplicates(run: DemoRun): Story {
  const about = resource(run, 'reservation', 'R', 600)
  const elsewhere = resource(run, 'reservation', 'R', 601)
  const data = { customer_id: idOf(run, 'CU', 600) }
  const event: LevyEvent = { type: created, about, secondsAgo: 900, data }
  const id = eventIdOf('evt-', about, created)
  const twice = (title: string) => ({ kind: 'duplicate', title }) as const
  return {
    title: 'duplicates',
    samples: [
      levy(run, event, current(created)),
      levy(run, event, duplicate, twice('levy the same bytes again')),
      levy(run, { ...event, attempt: 2 }, duplicate, twice('levy a second attempt')),
      levy(
        run,
        { ...event, id, about: elsewhere },
        current(created),
        twice('levy the same id about another resource is another event'),
      ),
      levy(run, { ...event, data: { customer_id: 'somebody-else' } }, deadLetter('ID_CONFLICT'), {
        kind: 'id conflict',
        title: 'levy the same id with other content',
      }),
      levy(run, event, duplicate, twice('levy the original again, after the conflict')),
    ],
  }
}

function moreDuplicates(run: DemoRun): Story {
  const booking = resource(run, 'booking', 'BK', 610)
  const customer = resource(run, 'customer', 'CU', 610)
  const accepted = { type: 'booking_accepted', about: booking, secondsAgo: 800 }
  const enrolled = { type: 'customer.created', about: customer, secondsAgo: 800 }
  const again = (title: string) => ({ kind: 'duplicate', title }) as const
  return {
    title: 'duplicates of other sources',
    samples: [
      ump(run, accepted, current('reservation.accepted')),
      ump(run, accepted, duplicate, again('ump the same event again')),
      partner(run, enrolled, current('customer.created')),
      partner(run, enrolled, duplicate, again('partner the same webhook-id again')),
      // A thin event for another second is another content under the same id.
      ump(run, { ...accepted, secondsAgo: 700 }, deadLetter('ID_CONFLICT'), {
        kind: 'id conflict',
        title: 'ump the same id at another time',
      }),
    ],
  }
}

function outOfOrder(run: DemoRun): Story {
  const late = { kind: 'out of order' } as const
  const reservation = resource(run, 'reservation', 'R', 620)
  const session = resource(run, 'rental_session', 'S', 620)
  const charge = resource(run, 'charge', 'C', 620)
  const price = { amount: '10.00', currency: 'EUR' }
  const tell = (type: string, about: About, secondsAgo: number, end: ExpectedRecord): Sample =>
    levy(run, { type, about, secondsAgo, data: price }, end, late)
  const booked = { accounting: 'BOOKED' } as const
  const paid = 'billing.charge_succeeded'
  const refunded = 'billing.refund_processed'
  return {
    title: 'out of order',
    samples: [
      tell('reservation.canceled', reservation, 100, current('reservation.canceled')),
      tell(updated, reservation, 200, superseded(updated)),
      tell(created, reservation, 300, superseded(created)),
      tell('rental_session.completed', session, 100, current('rental_session.completed')),
      tell('rental_session.active', session, 900, superseded('rental_session.active')),
      // Money that moved is booked, late or not.
      tell(refunded, charge, 100, current(refunded, booked)),
      tell(paid, charge, 900, superseded(paid, booked)),
    ],
  }
}

function equalTimes(run: DemoRun): Story {
  const tie = { kind: 'equal times' } as const
  const ranked = resource(run, 'reservation', 'R', 630)
  const named = resource(run, 'reservation', 'R', 631)
  const secondsAgo = 500
  const update = (letter: string, expected: ExpectedRecord): Sample => {
    const id = `evt-${named.id}-${letter}`
    const title = `levy update ${letter} of ${named.id}`
    const data = { note: letter }
    return levy(run, { type: updated, about: named, secondsAgo, id, data }, expected, {
      ...tie,
      title,
    })
  }
  return {
    title: 'equal times',
    samples: [
      // By rank: updated beats created, canceled beats both.
      levy(run, { type: updated, about: ranked, secondsAgo }, current(updated), tie),
      levy(run, { type: created, about: ranked, secondsAgo }, superseded(created), tie),
      levy(
        run,
        { type: 'reservation.canceled', about: ranked, secondsAgo },
        current('reservation.canceled'),
        tie,
      ),
      // By id, where the rank is the same too.
      update('b', current(updated)),
      update('a', superseded(updated)),
      update('c', current(updated)),
    ],
  }
}

/** Held back to five minutes ahead of the broker: it wins until then, and not for two hours. */
function future(run: DemoRun): Story {
  const about = resource(run, 'reservation', 'R', 640)
  const kind = { kind: 'time in the future' } as const
  return {
    title: 'time in the future',
    samples: [
      levy(run, { type: created, about, secondsAgo: 60 }, current(created), kind),
      levy(run, { type: updated, about, secondsAgo: -7200 }, current(updated), kind),
      levy(
        run,
        { type: 'reservation.canceled', about, secondsAgo: 0 },
        superseded('reservation.canceled'),
        kind,
      ),
    ],
  }
}

/** An erased contact stays erased, until an event that wins brings it back. */
function erasedCustomer(run: DemoRun): Story {
  const about = resource(run, 'customer', 'CU', 650)
  const late = { kind: 'out of order' } as const
  const tell = (type: string, secondsAgo: number, end: ExpectedRecord, options = {}): Sample =>
    partner(run, { type: `customer.${type}`, about, secondsAgo }, end, options)
  return {
    title: 'erased customer',
    samples: [
      tell('deleted', 300, current('customer.deleted', { crm: 'ERASE' })),
      tell('updated', 400, superseded('customer.updated', { crm: null }), late),
      tell('created', 100, current('customer.created')),
    ],
  }
}

export function orderingStories(run: DemoRun): Story[] {
  return [
    duplicates(run),
    moreDuplicates(run),
    outOfOrder(run),
    equalTimes(run),
    future(run),
    erasedCustomer(run),
  ]
}
