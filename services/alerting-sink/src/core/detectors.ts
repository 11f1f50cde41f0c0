// What the detectors watch, with their limits. A new detector adds its event types here; the router
// then forwards them.

import { microsPerHour } from '@fleet/contracts'

export const microsPerMinute = microsPerHour / 60

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
  /** Most event ids one alert names, the newest; the count is always the true one. */
  eventIdsMax: 20,
} as const

/** Types that some detector takes; all others stay in their own topics. */
export const watchedEventTypes: ReadonlySet<string> = new Set([noShowSpike.eventType])
