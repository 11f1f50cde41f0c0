// What automation has to do, as docs/automation.md and its table say, written down a second time. No code
// and no declaration of automation is used.

import type { Domain } from '@fleet/contracts'

import type { taskSeconds } from '../plan/policies.ts'
import { connections, limits, signals, whole } from './task-subjects.ts'
import type { SubjectsOf } from './task-subjects.ts'

type Time = keyof typeof taskSeconds
type Ends = Readonly<Record<string, string>>

export interface Rule {
  readonly kind: string
  readonly domain: Domain
  readonly on: readonly string[]
  /** What of the resource the events are about. */
  readonly subjects: SubjectsOf
  /** Null: nobody hears of it before its first timer. */
  readonly starts: string | null
  readonly countsFrom: 'effective_at' | 'due_at'
  readonly timers: readonly (readonly [Time, string])[]
  readonly ends: Ends
  readonly takesLate: boolean
  /** A newer one takes the place of one that is open; else it is noted. */
  readonly replaces: boolean
  readonly marksSignal: boolean
}

function rule(
  kind: string,
  on: string | readonly string[],
  starts: string | null,
  timers: Rule['timers'],
  ends: Ends,
  more: Partial<Rule> = {},
): Rule {
  const types = typeof on === 'string' ? [on] : on
  return {
    kind,
    domain: types[0]?.split('.')[0] as Domain,
    on: types,
    subjects: whole,
    starts,
    countsFrom: 'effective_at',
    timers,
    ends,
    takesLate: false,
    replaces: false,
    marksSignal: false,
    ...more,
  }
}

const late = { takesLate: true }
const newest = { replaces: true }
const resolved = 'incident.claim_resolved'
const paid: Ends = { 'billing.charge_succeeded': 'DONE', 'billing.refund_processed': 'CANCELED' }
const over: Ends = {
  'rental_session.completed': 'DONE',
  'rental_session.canceled': 'CANCELED',
  'rental_session.expired': 'CANCELED',
}
const [reported, failed, errorResolved, reauthentication] = [
  'vehicle.state_reported',
  'vehicle.signal_failed',
  'vehicle.error_resolved',
  'vehicle.reauthentication_required',
]
const done = (types: readonly string[]): Ends =>
  Object.fromEntries(types.map(type => [type, 'DONE']))

export const rules: readonly Rule[] = [
  rule('no-show-support', 'reservation.no_show', 'OPEN', [['no_show_support', 'OVERDUE']], {
    'reservation.canceled': 'CANCELED',
  }),
  rule(
    'damage-triage',
    'incident.damage_reported',
    'OPEN',
    [['damage_triage', 'OVERDUE']],
    done(['incident.claim_opened', resolved]),
    late,
  ),
  rule(
    'claims-case',
    'incident.claim_opened',
    'OPEN',
    [['claim_case', 'OVERDUE']],
    done([resolved]),
    late,
  ),
  rule(
    'claim-documents',
    'incident.claim_opened',
    'DUE',
    [
      ['claim_documents_reminder', 'DUE'],
      ['claim_documents', 'OVERDUE'],
    ],
    { [resolved]: 'CANCELED' },
    late,
  ),
  rule(
    'compliance-review',
    'violation.disputed',
    'OPEN',
    [['violation_review', 'OVERDUE']],
    done(['violation.charged', 'violation.withdrawn', 'violation.dismissed']),
    late,
  ),
  rule(
    'payment-retry',
    'billing.charge_failed',
    'WAITING',
    [
      ['payment_retry', 'DUE'],
      ['payment_give_up', 'OVERDUE'],
    ],
    paid,
  ),
  rule('customer-reminder', 'billing.charge_failed', 'DUE', [['customer_reminder', 'DUE']], paid),
  rule(
    'return-overdue',
    ['rental_session.checkin_started', 'rental_session.active', 'rental_session.extended'],
    null,
    [
      ['return_grace', 'OPEN'],
      ['return_operator', 'OVERDUE'],
    ],
    { ...over, 'rental_session.checkout_started': 'DONE' },
    { ...newest, countsFrom: 'due_at' },
  ),
  rule(
    'checkout-timeout',
    'rental_session.checkout_started',
    null,
    [
      ['checkout_duration', 'OPEN'],
      ['checkout_operator', 'OVERDUE'],
    ],
    { ...over, 'rental_session.active': 'CANCELED', 'rental_session.extended': 'CANCELED' },
    newest,
  ),
  rule(
    'calendar-conflict',
    'vehicle_availability.calendar_conflict',
    'OPEN',
    [['calendar_conflict', 'OVERDUE']],
    done(['vehicle_availability.window_released', 'vehicle_availability.window_blocked']),
  ),
  rule(
    'reconnect-request',
    reauthentication,
    'DUE',
    [
      ['reconnect_reminder', 'DUE'],
      ['reconnect', 'OVERDUE'],
    ],
    done([errorResolved, reauthentication, failed]),
    { subjects: connections },
  ),
  rule(
    'signal-unavailable',
    [reported, failed, reauthentication],
    'OPEN',
    [['signal_unavailable', 'OVERDUE']],
    done([reported, failed, errorResolved, reauthentication]),
    { subjects: signals, marksSignal: true },
  ),
  rule(
    'back-off',
    [reported, failed, reauthentication],
    'WAITING',
    [['rate_limit_back_off', 'DONE']],
    {},
    { ...newest, subjects: limits },
  ),
]
