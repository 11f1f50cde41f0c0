// Damage, violations and money as Levy tells them: what is owed, what was paid, and what is corrected.

import type { DemoRun } from './demo-run.ts'
import { idOf, resource, times } from './demo-run.ts'
import { levy } from './levy-event.ts'
import type { ExpectedEvent, Story } from './sample.ts'
import { current } from './sample.ts'

const booked = { accounting: 'BOOKED' } as const
const awaitingAmount = { accounting: 'AWAITING_AMOUNT' } as const

function damage(run: DemoRun, n: number): Story {
  const about = resource(run, 'incident', 'I', n)
  const claim = { claim_id: idOf(run, 'CL', n), customer_id: idOf(run, 'CU', 100 + n) }
  const found = { ...claim, severity: 'minor', category: 'scratch' }
  const settled = { ...claim, amount: '350.00', currency: 'EUR' }
  return {
    title: `levy damage ${n}`,
    samples: [
      levy(
        run,
        { type: 'incident.damage_reported', about, secondsAgo: 4000, data: found },
        current('incident.damage_reported'),
      ),
      levy(
        run,
        { type: 'claim.opened', about, secondsAgo: 3900, data: found },
        current('incident.claim_opened'),
      ),
      levy(
        run,
        { type: 'claim.resolved', about, secondsAgo: 700, data: settled },
        current('incident.claim_resolved', booked),
      ),
      charge(run, n + 200, { ...settled, category: 'claim_recovery' }),
    ],
  }
}

function violation(run: DemoRun, n: number): Story {
  const about = resource(run, 'violation', 'VI', n)
  const fine = {
    customer_id: idOf(run, 'CU', 120 + n),
    vehicle_id: idOf(run, 'V', 120 + n),
    violation_code: 'parking',
    amount_minor: 2500,
    currency: 'EUR',
  }
  return {
    title: `levy violation ${n}`,
    samples: [
      levy(
        run,
        { type: 'violation.matched', about, secondsAgo: 4000, data: fine },
        current('violation.matched'),
      ),
      levy(
        run,
        { type: 'violation.disputed', about, secondsAgo: 3000, data: fine },
        current('violation.disputed'),
      ),
      levy(
        run,
        { type: 'violation.charged', about, secondsAgo: 900, data: fine },
        current('violation.charged', booked),
      ),
      charge(run, n + 220, { amount_minor: 2500, currency: 'EUR', category: 'violation_recovery' }),
    ],
  }
}

function charge(
  run: DemoRun,
  number: number,
  data: Readonly<Record<string, unknown>>,
  consequence: Partial<ExpectedEvent> = booked,
) {
  const type = 'billing.charge_succeeded'
  const about = resource(run, 'charge', 'C', number)
  return levy(run, { type, about, secondsAgo: 400, data }, current(type, consequence))
}

/** Every category, amounts in both notations, and charges of which nothing or nothing yet is booked. */
function charges(run: DemoRun): Story {
  return {
    title: 'levy charges',
    samples: [
      charge(run, 301, { amount: '12.00', currency: 'EUR', category: 'surcharge' }),
      charge(run, 302, { amount_minor: 990, currency: 'USD', category: 'fee' }),
      charge(run, 303, { amount: '4800', currency: 'JPY', category: 'rental_charge' }),
      // Without a category it is the rental itself.
      charge(run, 304, { amount: 31.5, currency: 'EUR' }),
      charge(run, 305, { amount_minor: 0, currency: 'EUR' }, { accounting: null }),
      charge(run, 306, { category: 'fee' }, awaitingAmount),
    ],
  }
}

function refund(run: DemoRun, n: number): Story {
  const about = resource(run, 'charge', 'C', 320 + n)
  const price = { amount_minor: 5000 + n, currency: 'EUR' }
  const paid = 'billing.charge_succeeded'
  const returned = 'billing.refund_processed'
  const back = { amount_minor: 1500, currency: 'EUR', refund_of: about.id, reason: 'goodwill' }
  return {
    title: `levy refund ${n}`,
    samples: [
      levy(run, { type: paid, about, secondsAgo: 2000, data: price }, current(paid, booked)),
      levy(run, { type: returned, about, secondsAgo: 200, data: back }, current(returned, booked)),
    ],
  }
}

function adjustment(run: DemoRun, number: number, amount: string): Story {
  const about = resource(run, 'charge', 'C', number)
  const type = 'billing.adjustment_posted'
  const data = { amount, currency: 'EUR', reason: 'meter correction' }
  return {
    title: `levy adjustment ${amount}`,
    samples: [levy(run, { type, about, secondsAgo: 250, data }, current(type, booked))],
  }
}

export function levyCases(run: DemoRun): Story[] {
  return [
    ...times(4, n => damage(run, n)),
    ...times(4, n => violation(run, n)),
    charges(run),
    ...times(2, n => refund(run, n)),
    adjustment(run, 341, '7.25'),
    adjustment(run, 342, '-7.25'),
  ]
}
