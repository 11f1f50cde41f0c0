// The deliveries of a run, all decided by its seed: which event of which resource, what is delivered
// again (a fifth of all deliveries), what comes late (a tenth of the events), which ids are used twice
// for different things.

import type { Seeded } from '../seeded.ts'

export interface SampleEvent {
  event_id: string
  event_type: string
  occurred_at: string
  resource_type: string
  resource_id: string
  data: Record<string, unknown>
}

export interface Delivery {
  readonly event: number
  readonly body: string
  readonly isDuplicate: boolean
}

export interface Load {
  readonly run: string
  readonly events: number
  readonly late: number
  readonly conflicts: number
  readonly deliveries: readonly Delivery[]
}

/** One redelivery for four events: a fifth of all deliveries. */
const eventsPerDuplicate = 4
const lateShare = 0.1
const conflictShare = 0.001
/** Of charges: what they say is no amount of money, and the ledger refuses it. */
const unreadableShare = 0.01
const eventsPerResource = 8
/** How far behind a late event or a redelivery comes, in deliveries. */
const displacementMax = 400
const minorMax = 50_000

interface Recipe {
  readonly type: string
  readonly weight: number
  readonly actions: readonly string[]
}

const recipes: readonly Recipe[] = [
  {
    type: 'reservation',
    weight: 30,
    actions: [
      'reservation.created',
      'reservation.updated',
      'reservation.accepted',
      'reservation.no_show',
      'reservation.canceled',
    ],
  },
  {
    type: 'rental_session',
    weight: 12,
    actions: ['rental_session.active', 'rental_session.extended', 'rental_session.completed'],
  },
  {
    type: 'charge',
    weight: 26,
    actions: [
      'billing.charge_succeeded',
      'billing.charge_succeeded',
      'billing.refund_processed',
      'billing.adjustment_posted',
      'billing.charge_failed',
    ],
  },
  {
    type: 'violation',
    weight: 8,
    actions: ['violation.matched', 'violation.charged', 'violation.disputed'],
  },
  {
    type: 'incident',
    weight: 8,
    actions: ['incident.reported', 'incident.claim_opened', 'incident.claim_resolved'],
  },
  {
    type: 'customer',
    weight: 9,
    actions: ['customer.created', 'customer.updated', 'customer.deleted'],
  },
  { type: 'location', weight: 4, actions: ['location.created', 'location.updated'] },
  { type: 'gadget', weight: 3, actions: ['gadget.seen'] },
]

const wheel = recipes.flatMap(recipe => Array.from({ length: recipe.weight }, () => recipe))

export function buildLoad(run: string, count: number, random: Seeded, nowMs: number): Load {
  const resourcesMax = Math.max(1, Math.floor(count / eventsPerResource))
  const startMs = nowMs - 6 * 3_600_000
  const stepMs = (5 * 3_600_000) / count
  const placed: { at: number; delivery: Delivery }[] = []
  let late = 0
  let conflicts = 0
  for (let event = 0; event < count; event++) {
    const isLate = random.next() < lateShare
    if (isLate) late++
    const occurredMs = startMs + event * stepMs
    const sample = sampleEvent(run, event, occurredMs, resourcesMax, random)
    const body = JSON.stringify(sample)
    // Late: it happened in its turn and is told behind the events after it.
    const at = event + (isLate ? random.between(10, displacementMax) : 0)
    placed.push({ at, delivery: { event, body, isDuplicate: false } })
    if (event % eventsPerDuplicate === 0) {
      const again = { event, body, isDuplicate: true }
      placed.push({ at: at + random.between(0, displacementMax) + 0.5, delivery: again })
    }
    if (random.next() < conflictShare) {
      conflicts++
      const other = { ...sample, data: { ...sample.data, note: 'something else' } }
      const delivery = { event, body: JSON.stringify(other), isDuplicate: true }
      placed.push({ at: at + random.between(1, displacementMax), delivery })
    }
  }
  const deliveries = placed.toSorted((a, b) => a.at - b.at).map(({ delivery }) => delivery)
  return { run, events: count, late, conflicts, deliveries }
}

function sampleEvent(
  run: string,
  event: number,
  occurredMs: number,
  resourcesMax: number,
  random: Seeded,
): SampleEvent {
  const recipe = random.pick(wheel)
  const eventType = random.pick(recipe.actions)
  return {
    event_id: `${run}-${event}`,
    event_type: eventType,
    occurred_at: new Date(Math.round(occurredMs)).toISOString(),
    resource_type: recipe.type,
    resource_id: `${run}-${random.between(1, resourcesMax)}`,
    data: dataOf(eventType, random),
  }
}

const unreadable = { amount: '12.345', currency: 'EUR' }

function dataOf(eventType: string, random: Seeded): Record<string, unknown> {
  const customer = random.next() < 0.7 ? { customer_id: `C${random.between(1, 500)}` } : {}
  const amount = {
    amount_minor: random.between(1, minorMax),
    currency: random.pick(['EUR', 'USD']),
  }
  switch (eventType) {
    case 'billing.charge_succeeded':
      return {
        ...customer,
        ...(random.next() < unreadableShare ? unreadable : amount),
        category: random.pick(['rental_charge', 'fee', 'surcharge']),
      }
    case 'billing.adjustment_posted':
      return { ...customer, ...amount, amount_minor: random.between(-minorMax, minorMax) }
    case 'billing.refund_processed':
    case 'billing.charge_failed':
    case 'violation.charged':
      return { ...customer, ...amount }
    case 'incident.claim_opened':
    case 'incident.claim_resolved':
      return { ...customer, ...amount, claim_id: `K${random.between(1, 9)}` }
    case 'customer.created':
    case 'customer.updated':
      return { name: `Name ${random.between(1, 1000)}`, email: 'someone@example.com' }
    case 'reservation.updated':
      return random.next() < 0.5 ? { ...customer, status: 'waiting' } : customer
    default:
      return { ...customer, reason: random.pick(['late', 'weather', 'none']) }
  }
}
