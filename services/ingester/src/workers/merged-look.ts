// Several workers shown as one ingester: a check is `ok` when it is in every worker that takes deliveries,
// and what was counted by any of them, also by one that is gone, is counted. Pure.

import type { Checks } from '@fleet/telemetry'
import type { Look } from './look.ts'
import { MetricsSum } from './metrics-sum.ts'

export interface Seen {
  readonly number: number
  /**
   * `starting`: never reported yet. `silent`: reported before and does not answer now. `ended`: gone and
   * its successor not up yet; no connection is handed to it, so it does not make the others less ready.
   */
  readonly state: 'starting' | 'running' | 'silent' | 'ended'
  /** The last one known; counts of a worker that ended are among those that are gone. */
  readonly look: Look | null
}

const stateProblems = {
  starting: 'has not reported yet',
  silent: 'does not answer',
} as const

/** `gone`: the counts of workers that ended. `own`: the metrics of the primary. */
export function mergedLook(
  seen: readonly Seen[],
  { gone, own }: { readonly gone: string; readonly own: string },
): Look {
  const checks: Checks = { workers: 'ok' }
  const sum = new MetricsSum()
  for (const { number, state, look } of seen) {
    if (state === 'starting' || state === 'silent') {
      checks['workers'] = `worker ${number} ${stateProblems[state]}`
    }
    if (look === null) continue
    for (const [name, reason] of Object.entries(look.checks)) {
      if (reason !== 'ok') checks[name] = `worker ${number}: ${reason}`
      else checks[name] ??= reason
    }
    sum.add(look.metrics, { label: `worker="${number}"` })
  }
  sum.add(gone, 'left out')
  sum.add(own, 'as they are')
  return { checks, metrics: sum.text() }
}
