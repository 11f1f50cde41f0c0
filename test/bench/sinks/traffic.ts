// The events of the processor's benchmark, but of types that every sink has work with: customers that
// come late, charges with amounts, incidents with words of the taxonomy. A repeated event stays the same.

import type { Domain } from '@fleet/contracts'

import type { eventDomains } from '../process/events.ts'
import { events, usualPlan } from '../process/events.ts'

const types: Record<(typeof eventDomains)[number], readonly string[]> = {
  reservation: ['created', 'updated', 'accepted', 'updated', 'canceled'],
  rental_session: ['checkin_started', 'active', 'extended', 'checkout_started', 'completed'],
  vehicle_availability: ['window_blocked', 'window_released'],
  incident: ['reported', 'damage_reported', 'claim_opened', 'claim_resolved'],
  violation: ['matched', 'disputed', 'charged'],
  billing: ['charge_succeeded', 'charge_succeeded', 'refund_processed', 'adjustment_posted'],
}

interface Envelope {
  event_id: string
  event_type: string
  data: Record<string, unknown>
}

export interface Traffic {
  readonly texts: Iterable<string>
  /** Different events by domain; known when `texts` has been read to its end. */
  readonly distinct: ReadonlyMap<Domain, number>
}

export function traffic(count: number): Traffic {
  const distinct = new Map<Domain, number>()
  const known = new Set<string>()
  function* texts(): IterableIterator<string> {
    for (const text of events({ ...usualPlan, count })) {
      const event = JSON.parse(text) as Envelope
      const domain = event.event_type.split('.')[0] as (typeof eventDomains)[number]
      if (!known.has(event.event_id)) distinct.set(domain, (distinct.get(domain) ?? 0) + 1)
      known.add(event.event_id)
      yield JSON.stringify(told(event, domain))
    }
  }
  return { texts: texts(), distinct }
}

/** Everything follows from the id, so that a repetition says the same. */
function told(event: Envelope, domain: (typeof eventDomains)[number]): Envelope {
  const number = Number.parseInt(event.event_id.replace('evt_', ''), 36)
  const actions = types[domain]
  return {
    ...event,
    event_type: `${domain}.${actions[number % actions.length] ?? ''}`,
    data: {
      ...event.data,
      ...(number % 3 === 0 ? {} : { customer_id: `C${number % 5000}` }),
      reason: number % 2 === 0 ? 'plans_changed' : 'rain',
      severity: 'minor',
      category: domain === 'billing' ? 'rental_charge' : 'scratch',
      violation_code: 'speed camera',
      amount_minor: 100 + (number % 9000),
      currency: 'EUR',
    },
  }
}
