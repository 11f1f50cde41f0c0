// What the detectors watch. A new detector adds its event types here; the router then forwards them.

import { microsPerHour } from '@fleet/contracts'

import type { RateName } from './detector-settings.ts'
import type { SessionPhase } from './memory.ts'

export const microsPerMinute = microsPerHour / 60

/** Raised by one when a detector's formula changes: old and new alerts can be told apart. */
export const detectorVersion = '1'

/** Fixed by the contract with the readers of the topic, so not in the settings file. */
export const noShowSpike = {
  name: 'no-show-spike',
  eventType: 'reservation.no_show',
  severity: 'warning',
  component: 'reservation',
  /** Events of one tenant count together when they lie within so much time. */
  windowMicros: 15 * microsPerMinute,
  /** Opens at this many. */
  threshold: 5,
  /** Older than this at a tick: forgotten. A replay of last year must not alert today. */
  keptMicros: microsPerHour,
} as const

/** Most event ids one alert names, the newest; the count is always the true one. */
export const eventIdsMax = 20

export interface RateDetector {
  readonly name: RateName
  readonly component: string
  readonly eventTypes: readonly string[]
  readonly scope: 'tenant' | 'vehicle'
  /** For the summary: `12 <what> for …`. */
  readonly what: string
}

export const rateDetectors: readonly RateDetector[] = [
  {
    name: 'command-failures',
    component: 'vehicle',
    eventTypes: ['vehicle.signal_failed', 'vehicle.command_failed'],
    scope: 'vehicle',
    what: 'failures',
  },
  {
    name: 'no-show-seasonal',
    component: 'reservation',
    eventTypes: ['reservation.no_show'],
    scope: 'tenant',
    what: 'reservation no-shows',
  },
  {
    name: 'dispute-volume',
    component: 'violation',
    eventTypes: ['violation.disputed'],
    scope: 'tenant',
    what: 'disputes',
  },
]

/** Told by the ledger, which alone knows what was charged and refunded. */
export const refundExcess = {
  name: 'refund-excess',
  component: 'billing',
  /** An excess that is over is remembered for so long, so that an old signal does not open it again. */
  keptMicros: 24 * microsPerHour,
} as const

/** What each event says of a session; the other types of its domain say nothing. */
export const sessionPhases: ReadonlyMap<string, SessionPhase> = new Map([
  ['rental_session.checkin_started', 'check_in'],
  ['rental_session.active', 'active'],
  ['rental_session.extended', 'active'],
  ['rental_session.checkout_started', 'check_out'],
  ['rental_session.completed', 'closed'],
  ['rental_session.canceled', 'closed'],
  ['rental_session.expired', 'closed'],
])

/** Types that some detector takes; all others stay in their own topics. */
export const watchedEventTypes: ReadonlySet<string> = new Set([
  noShowSpike.eventType,
  ...rateDetectors.flatMap(({ eventTypes }) => eventTypes),
  ...sessionPhases.keys(),
])

/** Counts are kept by pieces of time of this length. */
export const bucketMicros = 5 * microsPerMinute
/** Counted events are remembered for so long; later ones are not counted. */
export const countedMicros = 3 * microsPerHour
/** An hour is learned as usual when this many more have begun: its late events are in by then. */
export const learnedAfterHours = 2
/** Ticks that were missing for longer than this are a gap: nothing is learned or concluded from it. */
export const gapMicros = 10 * microsPerMinute
/** A subject nothing came from for so long is forgotten with all that is usual for it. */
export const forgottenMicros = 35 * 24 * microsPerHour
