// A clock that moves only when a test says so.

import type { Clock } from '@fleet/runtime'

export interface ManualClock extends Clock {
  advance(ms: number): void
}

export function manualClock(): ManualClock {
  let now = 0
  let timers: { at: number; callback: () => void }[] = []
  return {
    wallMs: () => now,
    elapsedMs: () => now,
    sleep: () => Promise.resolve(),
    after(ms, callback) {
      const timer = { at: now + ms, callback }
      timers.push(timer)
      return () => {
        timers = timers.filter(other => other !== timer)
      }
    },
    advance(ms) {
      now += ms
      const due = timers.filter(timer => timer.at <= now)
      timers = timers.filter(timer => timer.at > now)
      for (const timer of due) timer.callback()
    },
  }
}
