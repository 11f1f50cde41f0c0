// The order that decides who wins: effective time, then rank, then event id. It is total and looks
// at nothing but the event, so that any order of arrival ends in the same winner.

import { microsPerMilli } from '@fleet/contracts'

export interface Standing {
  /** Microseconds. */
  readonly effectiveAt: number
  readonly rank: number
  readonly eventId: string
}

/**
 * Negative when `left` loses against `right`, positive when it wins, 0 when they are the same
 * event.
 */
export function compareStandings(left: Standing, right: Standing): number {
  return (
    left.effectiveAt - right.effectiveAt ||
    left.rank - right.rank ||
    compareUtf8(left.eventId, right.eventId)
  )
}

/**
 * A time of the source, held back to the broker's append time plus the skew: a sender whose clock
 * runs fast can't keep a resource frozen until the future arrives.
 */
export function clampToAppend(
  sourceMicros: number,
  appendedAtMs: number,
  skewMicros: number,
): number {
  return Math.min(sourceMicros, appendedAtMs * microsPerMilli + skewMicros)
}

/** Bytewise order of the UTF-8 forms, which is the order of code points, not of UTF-16 units. */
export function compareUtf8(left: string, right: string): number {
  const shared = Math.min(left.length, right.length)
  for (let i = 0; i < shared; i++) {
    const difference = codePointOrder(left.charCodeAt(i)) - codePointOrder(right.charCodeAt(i))
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

/** Moves surrogates, which stand for code points above U+FFFF, behind every other unit. */
function codePointOrder(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}
