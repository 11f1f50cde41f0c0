// Time that moves when the test says so.

import { sleepBy } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'

export function manualClock(): Clock & { advance(ms: number): void } {
  let nowMs = 0
  const timers = new Set<{ atMs: number; callback: () => void }>()
  const after: Clock['after'] = (ms, callback) => {
    const timer = { atMs: nowMs + ms, callback }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  return {
    wallMs: () => nowMs,
    elapsedMs: () => nowMs,
    after,
    sleep: sleepBy(after),
    advance: ms => {
      nowMs += ms
      for (const timer of timers) {
        if (timer.atMs > nowMs || !timers.delete(timer)) continue
        timer.callback()
      }
    },
  }
}
