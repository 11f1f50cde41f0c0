// What senders say: a body for each kind of subject, in the words of its source.

import type { Chance } from './chance.ts'

export interface Facts {
  readonly eventId: string
  readonly type: string
  readonly atMs: number
  readonly mode: 'LIVE' | 'TEST'
  /** Any number; decides what the rest of the body says. */
  readonly content: number
  /** Makes the body this much longer. */
  readonly noteBytes: number
}

export interface Subject {
  readonly endpointId: string
  readonly resourceType: string
  readonly resourceId: string
  readonly types: readonly string[]
}

const lives: readonly (readonly [resourceType: string, types: readonly string[]])[] = [
  [
    'reservation',
    [
      'reservation.created',
      'reservation.updated',
      'reservation.updated',
      'reservation.accepted',
      'reservation.canceled',
      'reservation.no_show',
      'reservation.no_show',
      // Another domain about the same resource: its customer is known from there.
      'rental_session.active',
    ],
  ],
  [
    'rental_session',
    [
      'rental_session.checkin_started',
      'rental_session.active',
      'rental_session.extended',
      'rental_session.checkout_started',
      'rental_session.expired',
    ],
  ],
  [
    'charge',
    [
      'billing.charge_succeeded',
      'billing.charge_succeeded',
      'billing.charge_failed',
      'billing.refund_processed',
      'billing.adjustment_posted',
    ],
  ],
  ['violation', ['violation.matched', 'violation.charged', 'violation.disputed']],
  ['incident', ['incident.reported', 'incident.claim_opened', 'incident.claim_resolved']],
  ['customer', ['customer.created', 'customer.updated', 'customer.updated', 'customer.deleted']],
  ['location', ['location.created', 'location.updated']],
  ['thing', ['mystery.happened']],
  ['vehicle', ['vehicle.command_failed', 'vehicle.command_failed', 'vehicle.state_reported']],
]

const signalCodes = [
  'odometer-traveleddistance',
  'tractionbattery-stateofcharge',
  'closure-islocked',
]

/** Six to twelve subjects; reservations and charges are always among them. */
export function subjectsOf(chance: Chance): Subject[] {
  const subjects: Subject[] = []
  const add = ([resourceType, types]: (typeof lives)[number], id: number): void => {
    const endpointId = chance.pick(['north', 'south'])
    subjects.push({ endpointId, resourceType, resourceId: `${resourceType}-${id}`, types })
  }
  for (const life of lives.slice(0, 3)) add(life, 0)
  for (let id = 1; id < chance.integer(4, 9); id++) add(chance.pick(lives), id)
  subjects.push({
    endpointId: 'cars',
    resourceType: 'vehicle',
    resourceId: 'car-1',
    types: ['VEHICLE_STATE'],
  })
  return subjects
}

export function bodyOf(subject: Subject, facts: Facts): string {
  return JSON.stringify(
    subject.endpointId === 'cars' ? carBody(subject, facts) : body(subject, facts),
  )
}

function body(subject: Subject, { eventId, type, atMs, mode, content, noteBytes }: Facts): object {
  return {
    event_id: eventId,
    event_type: type,
    occurred_at: new Date(atMs).toISOString(),
    resource_type: subject.resourceType,
    resource_id: subject.resourceId,
    ...(mode === 'TEST' ? { mode } : {}),
    data: {
      ...(content % 3 === 0 ? { customer_id: `C${content % 7}` } : {}),
      ...(content % 5 === 0 ? { status: `s${content % 4}` } : {}),
      ...(content % 4 === 1 ? { claim_id: `claim-${content % 2}` } : {}),
      ...moneyOf(type, content),
      ...dueOf(type, atMs, content),
      note: content,
      ...(noteBytes > 0 ? { long: 'x'.repeat(noteBytes) } : {}),
    },
  }
}

/** Soon, or long over: clocks here jump by minutes and hours, and sessions come to be overdue. */
function dueOf(type: string, atMs: number, content: number): object {
  if (!type.startsWith('rental_session.') || content % 2 === 0) return {}
  return { due_at: new Date(atMs + ((content % 9) - 4) * 1_800_000).toISOString() }
}

/** Mostly good; also none, zero, negative, not an amount, and an unknown category. */
function moneyOf(type: string, content: number): object {
  if (!/^(billing|violation|incident)\./.test(type)) return {}
  const category = ['rental_charge', 'fee', 'surcharge', null, 'violation_recovery'][content % 5]
  const given = content % 31 === 7 ? { category: 'nonsense' } : { category }
  switch (content % 13) {
    case 0:
      return given
    case 1:
      return { ...given, amount: 'many', currency: 'EUR' }
    case 2:
      return { ...given, amount_minor: -1 * (content % 500), currency: 'EUR' }
    case 3:
      return { ...given, amount_minor: 0, currency: 'USD' }
    default:
      return { ...given, amount_minor: 1 + (content % 9000), currency: content % 2 ? 'EUR' : 'USD' }
  }
}

function carBody(subject: Subject, { eventId, type, atMs, mode, content }: Facts): object {
  const signals = signalCodes
    .filter((_, index) => ((content >> index) & 1) === 1)
    .map((code, index) => ({
      code,
      status: { value: content % 7 === index ? 'ERROR' : 'SUCCESS' },
      body: { value: content },
      meta: { oemUpdatedAt: atMs - 5000 * ((content >> (2 * index)) % 4) },
    }))
  return {
    eventId,
    eventType: type,
    vehicleId: subject.resourceId,
    data: { signals },
    meta: { deliveredAt: atMs, ...(mode === 'TEST' ? { mode } : {}) },
  }
}
