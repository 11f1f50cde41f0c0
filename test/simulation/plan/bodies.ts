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
      'rental_session.completed',
      'rental_session.canceled',
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
  [
    'incident',
    [
      'incident.reported',
      'incident.damage_reported',
      'incident.claim_opened',
      'incident.claim_resolved',
    ],
  ],
  ['customer', ['customer.created', 'customer.updated', 'customer.updated', 'customer.deleted']],
  ['location', ['location.created', 'location.updated']],
  ['thing', ['mystery.happened']],
  [
    'vehicle',
    [
      'vehicle.command_failed',
      'vehicle.command_failed',
      'vehicle.state_reported',
      // Without a word about which connection.
      'vehicle.reauthentication_required',
      'vehicle.error_resolved',
    ],
  ],
  [
    'calendar',
    [
      'vehicle_availability.calendar_conflict',
      'vehicle_availability.calendar_conflict',
      'vehicle_availability.window_blocked',
      'vehicle_availability.window_released',
    ],
  ],
]

const signalCodes = [
  'odometer-traveleddistance',
  'tractionbattery-stateofcharge',
  'closure-islocked',
]

const incapable = { type: 'COMPATIBILITY', code: 'VEHICLE_NOT_CAPABLE' }
const signalErrors = [
  incapable,
  { type: 'RATE_LIMIT', code: 'VEHICLE' },
  { type: 'UPSTREAM_ERROR' },
]
const errorsOfCars = [
  { type: 'PERMISSION' },
  { type: 'CONNECTED_SERVICES_ACCOUNT', code: 'AUTHENTICATION_FAILED' },
  { ...incapable, signals: signalCodes.slice(0, 2) },
  { ...incapable, signals: [{ code: signalCodes[2] }] },
  incapable,
  { type: 'RATE_LIMIT' },
  { type: 'UPSTREAM_ERROR' },
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
    types: ['VEHICLE_STATE', 'VEHICLE_ERROR'],
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
      ...wordsOf(type, content),
      ...dueOf(type, atMs, content),
      note: content,
      ...(noteBytes > 0 ? { long: 'x'.repeat(noteBytes) } : {}),
    },
  }
}

/** Soon, or long over: clocks here jump by minutes and hours, and sessions come to be overdue. */
function dueOf(type: string, atMs: number, content: number): object {
  if (!type.startsWith('rental_session.') || content % 2 === 0) return {}
  const unitMs = content % 4 === 1 ? 1500 : 1_800_000
  return { due_at: new Date(atMs + ((content % 9) - 4) * unitMs).toISOString() }
}

/** Why and how bad: in words the taxonomy knows, in others, and often not at all. */
function wordsOf(type: string, content: number): object {
  const turn = (content >> 2) % 5
  if (type.startsWith('reservation.')) return { reason: ['Changed mind', 'mood'][turn] }
  if (type.startsWith('violation.')) {
    return { violation_code: ['Parking ticket', '§ 24'][turn], ...(turn === 2 ? tolls : {}) }
  }
  if (!type.startsWith('incident.')) return {}
  const severity = ['Major', '7 of 9', 'minor'][(content >> 5) % 6]
  return { category: ['Windscreen', 'mood', 'theft'][turn] ?? null, severity }
}

const tolls = { reason: 'unpaid toll' }

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
      status:
        content % 5 === index
          ? { value: 'ERROR', error: signalErrors[content % signalErrors.length] }
          : { value: 'SUCCESS' },
      body: { value: content },
      meta: { oemUpdatedAt: atMs - 5000 * ((content >> (2 * index)) % 4) },
    }))
  return {
    eventId,
    eventType: type,
    vehicleId: subject.resourceId,
    data: type === 'VEHICLE_ERROR' ? { errors: carErrors(content) } : { signals },
    meta: { deliveredAt: atMs, ...(mode === 'TEST' ? { mode } : {}) },
  }
}

/** Some of all, each of them still there or resolved; now and then none. */
function carErrors(content: number): object[] {
  return errorsOfCars
    .map((error, index) => ({
      ...error,
      state: (content >> (7 + index)) & 1 ? 'RESOLVED' : 'ERROR',
    }))
    .filter((_, index) => ((content >> index) & 3) === 1)
}
