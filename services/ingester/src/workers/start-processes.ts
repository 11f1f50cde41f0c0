// One ingester in one process, or in several: then the first one only supervises, and the same program
// runs again in each worker, on one port (node:cluster hands out the connections in turn).

import cluster from 'node:cluster'
import type { Clock, Scope } from '@fleet/runtime'
import { createMetrics } from '@fleet/telemetry'
import type { Logger } from '@fleet/telemetry'
import type { LookAt } from './look.ts'
import { PoolMember, processChannel } from './member.ts'
import { WorkerPool } from './pool.ts'

export interface ProcessesOptions {
  /** 1: this process does the work itself. */
  readonly count: number
  readonly logger: Logger
  readonly clock: Clock
}

/** Does the work; `shownAs` turns what it shows of itself into what is shown of all. */
type Work = (scope: Scope, shown: { shownAs?: (own: LookAt) => LookAt }) => Promise<void>

export async function startProcesses(
  scope: Scope,
  { count, logger, clock }: ProcessesOptions,
  work: Work,
): Promise<void> {
  if (cluster.isWorker) {
    const member = new PoolMember(processChannel(), clock)
    return member.run(scope, telling => work(telling, { shownAs: own => member.shownAs(own) }))
  }
  if (count === 1) return work(scope, {})
  const metrics = createMetrics('ingester')
  const fork = (): ReturnType<typeof cluster.fork> => cluster.fork()
  const pool = new WorkerPool({ count, fork, scope, metrics, logger, clock })
  scope.onClose('workers', () => pool.stop())
  pool.start()
  logger.info({ workers: count }, 'service.workers_started')
}
