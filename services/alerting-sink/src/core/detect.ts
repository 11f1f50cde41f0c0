// All detectors over one signal: events and activity are remembered as they come, and everything is
// decided at ticks. In what order events came between two ticks therefore makes no difference.

import type { Alert, AlertSignal } from '@fleet/contracts'

import { judgeNoShows, rememberNoShow } from './detect-no-show-spike.ts'
import { countEvent } from './count-event.ts'
import type { DetectorSettings } from './detector-settings.ts'
import { hearExcess } from './hear-excess.ts'
import { followSession } from './follow-session.ts'
import { judgeExcesses } from './judge-excess.ts'
import { judgeRates } from './judge-rate.ts'
import { judgeSessions } from './judge-sessions.ts'
import { hearSource, judgeSources } from './judge-sources.ts'
import { lastTickKey } from './memory.ts'
import type { Change, Memory } from './memory.ts'
import { tickAfter } from './ticking.ts'
import type { Outcome } from './ticking.ts'

const nothing: Outcome = { alerts: [], changes: [] }

/** Signals of a kind or type that no detector takes have no effect. */
export function detect(memory: Memory, signal: AlertSignal, settings: DetectorSettings): Outcome {
  switch (signal.kind) {
    case 'TICK':
      return signal.tick_at === null ? nothing : onTick(memory, signal.tick_at, settings)
    case 'EVENT':
      return {
        alerts: [],
        changes: [
          ...rememberNoShow(memory, signal),
          ...countEvent(memory, signal),
          ...followSession(memory, signal, settings),
        ],
      }
    case 'ACTIVITY':
      return { alerts: [], changes: hearSource(memory, signal) }
    case 'REFUND_EXCESS':
    case 'REFUND_COVERED':
      return { alerts: [], changes: hearExcess(memory, signal) }
    default:
      return nothing
  }
}

function onTick(memory: Memory, at: number, settings: DetectorSettings): Outcome {
  const last = memory.get('last-tick', lastTickKey)
  // A new owner's clock may be behind the old one's: time only goes forward here.
  if (last !== undefined && at <= last.tickAt) return nothing
  const tick = tickAfter(last, at)
  const alerts: Alert[] = []
  const changes: Change[] = [
    { key: lastTickKey, value: { kind: 'last_tick', tickAt: at, gapUntil: tick.gapUntil } },
  ]
  for (const [key] of memory.due('seen', at)) changes.push({ key, value: null })
  for (const outcome of [
    judgeNoShows(memory, at),
    judgeRates(memory, tick, settings),
    judgeSessions(memory, tick, settings),
    judgeSources(memory, tick, settings),
    judgeExcesses(memory, tick, settings),
  ]) {
    // One by one: spread into arguments, some 120,000 of them overflow the stack.
    for (const alert of outcome.alerts) alerts.push(alert)
    for (const change of outcome.changes) changes.push(change)
  }
  return { alerts, changes }
}
