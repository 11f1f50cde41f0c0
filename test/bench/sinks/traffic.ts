// The events of the processor's benchmark, but of types that every sink has work with: customers that
// come late, charges with amounts, incidents with words of the taxonomy. They end now, since detectors and
// timers take no part in what is long past. A repeated event stays the same.

import type { Domain } from '@fleet/contracts'

import type { eventDomains } from '../process/events.ts'
import { events, usualPlan } from '../process/events.ts'

const types: Record<(typeof eventDomains)[number], readonly string[]> = {
  reservation: ['created', 'updated', 'accepted', 'no_show', 'canceled'],
  rental_session: ['checkin_started', 'active', 'extended', 'checkout_started', 'completed'],
  vehicle_availability: ['window_blocked', 'window_released'],
  incident: ['reported', 'damage_reported', 'claim_opened', 'claim_resolved'],
  violation: ['matched', 'disputed', 'charged'],
  billing: ['charge_succeeded', 'charge_succeeded', 'refund_processed', 'adjustment_posted'],
}

interface Envelope {
  event_id: string
  event_type: string
  occurred_at: string
  data: Record<string, unknown>
}

export interface Traffic {
  readonly texts: Iterable<string>
  /** Different events by domain; known when `texts` has been read to its end. */
  readonly distinct: ReadonlyMap<Domain, number>
}

/** What fresh events are apart, in milliseconds. */
const stepMs = 10

export function traffic(count: number, endMs: number): Traffic {
  const distinct = new Map<Domain, number>()
  const known = new Set<string>()
  function* texts(): IterableIterator<string> {
    let shiftMs: number | null = null
    for (const text of events({ ...usualPlan, count })) {
      const event = JSON.parse(text) as Envelope
      shiftMs ??= endMs - count * stepMs - Date.parse(event.occurred_at)
      const domain = event.event_type.split('.')[0] as (typeof eventDomains)[number]
      if (!known.has(event.event_id)) distinct.set(domain, (distinct.get(domain) ?? 0) + 1)
      known.add(event.event_id)
      yield JSON.stringify(told(event, domain, shiftMs))
    }
  }
  return { texts: texts(), distinct }
}

/** Everything follows from the id, so that a repetition says the same. */
function told(event: Envelope, domain: (typeof eventDomains)[number], shiftMs: number): Envelope {
  const number = Number.parseInt(event.event_id.replace('evt_', ''), 36)
  const actions = types[domain]
  return {
    ...event,
    event_type: `${domain}.${actions[number % actions.length] ?? ''}`,
    occurred_at: new Date(Date.parse(event.occurred_at) + shiftMs).toISOString(),
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
