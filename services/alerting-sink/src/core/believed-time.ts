// The router's clock is believed as far as the broker's: a tick that is far ahead of the time at which it
// was appended is taken for only a little ahead. A router whose clock has jumped forward would otherwise
// make every session overdue and every event too old. The time of appending stays with the record, so a
// replay of the topic sees the same.

import type { AlertSignal } from '@fleet/contracts'

import { microsPerMinute } from './detectors.ts'

/** As much as senders' clocks are allowed to be ahead. */
const aheadMaxMicros = 5 * microsPerMinute

export function withBelievedTime(signal: AlertSignal, appendedAtMicros: number): AlertSignal {
  const latest = appendedAtMicros + aheadMaxMicros
  const { kind, tick_at: tickAt, effective_at: heardAt } = signal
  if (kind === 'TICK' && tickAt !== null && tickAt > latest) return { ...signal, tick_at: latest }
  if (kind === 'ACTIVITY' && heardAt !== null && heardAt > latest) {
    return { ...signal, effective_at: latest }
  }
  return signal
}
