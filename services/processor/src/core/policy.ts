// The settings that decide outputs. Changing one changes decisions from then on, never earlier
// ones.

import { microsPerMilli } from '@fleet/contracts'

export interface Policy {
  /** How long an id is remembered, in stream time from its first sighting. */
  readonly windowMs: number
  /** How far after its append time a source's time may lie before it is held back. */
  readonly skewMicros: number
  /** What is older than this, in stream time, never wins. */
  readonly horizonMicros: number
}

/** The oldest effective time that may still win. Microseconds. */
export function horizonFloor(streamTimeMs: number, policy: Policy): number {
  return streamTimeMs * microsPerMilli - policy.horizonMicros
}

/** A sighting at this time is remembered up to and including the end of the window. */
export function isRemembered(firstSeenMs: number, streamTimeMs: number, policy: Policy): boolean {
  return streamTimeMs - firstSeenMs <= policy.windowMs
}

/** A delivery from before the window: whether it is a duplicate can't be told any more. */
export function isOutsideWindow(
  receivedAtMicros: number,
  streamTimeMs: number,
  policy: Policy,
): boolean {
  return receivedAtMicros < (streamTimeMs - policy.windowMs) * microsPerMilli
}
