// One service, several threads: each runs the service's own program and is a member of the group, so
// partitions spread over threads as they do over processes. The main thread is the first of them and
// shows what the others report. A thread that ends unasked ends the process: half a service must not look like a whole one.

import { parentPort, Worker } from 'node:worker_threads'

import { FleetError, stopThread, systemClock } from '@fleet/runtime'
import type { Scope } from '@fleet/runtime'

import type { RunningStage } from './run-stage.ts'
import type { ShownStage, Surface } from './service-surface.ts'
import type { StageMetrics } from './stage-metrics.ts'
import type { AnyStage, StageService } from './stage-service.ts'
import { CountingMetrics, countAgain } from './thread-report.ts'
import type { StageReport, ThreadReport } from './thread-report.ts'

const threadEntry = new URL('thread-entry.mjs', import.meta.url)
/** Well below the interval of any scrape or probe. */
const reportMs = 250
/**
 * Nearly all that a record makes lives for one transaction: with room for several of them, collecting
 * the young costs little. The main thread gets the same by `--max-semi-space-size=64`.
 */
const youngGenerationMb = 192

/**
 * Starts the second thread and those after it; resolves when they have loaded, so that all members
 * join at about the same time and partitions are not handed from one to the other at once.
 */
export async function startThreads(
  { count, program }: { count: number; program: URL },
  stages: readonly AnyStage[],
  surface: Surface,
  { name, scope, logger }: StageService,
): Promise<void> {
  const metrics = new Map(stages.map(stage => [stage.name, surface.meters.forStage(stage.name)]))
  const stops: (() => Promise<void>)[] = []
  const loaded: Promise<unknown>[] = []
  for (let number = 2; number <= count; number++) {
    const worker = new Worker(threadEntry, {
      workerData: { program: program.href },
      argv: process.argv.slice(2),
      name: `${name}-${number}`,
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    })
    const reported = new Map<string, StageReport>()
    worker.on('message', (report: ThreadReport) => {
      for (const stage of report.stages) {
        reported.set(stage.name, stage)
        const known = metrics.get(stage.name as AnyStage['name'])
        if (known !== undefined) countAgain(stage.counted, known)
      }
    })
    for (const stage of stages) surface.show(shownStage(stage.name, number, reported))
    stops.push(superviseThread(worker, number, scope))
    loaded.push(
      new Promise(resolve => {
        worker.once('message', resolve)
        worker.once('exit', resolve)
      }),
    )
  }
  scope.onClose('threads', async () => {
    await Promise.all(stops.map(stop => stop()))
  })
  await Promise.all(loaded)
  logger.info({ event: 'threads.started', threads: count }, 'stage threads started')
}

/** Returns what stops it. */
function superviseThread(worker: Worker, number: number, scope: Scope): () => Promise<void> {
  const ended = new Promise<number>(resolve => void worker.once('exit', resolve))
  worker.once('error', error => scope.fail(error))
  let isLost = false
  void ended.then(status => {
    if (scope.stopping.aborted) return
    isLost = true
    // The thread has written why.
    const code = status === 2 ? 'CONFIG' : 'TASK_FAILED'
    scope.fail(new FleetError(code, 'fatal', `Thread ${number} ended with status ${status}`))
  })
  scope.stopping.addEventListener('abort', () => stopThread(worker), { once: true })
  return async () => {
    if (isLost) return
    const status = await ended
    if (status !== 0) throw new Error(`thread ${number} ended with status ${status}`)
  }
}

function shownStage(
  name: string,
  number: number,
  reported: ReadonlyMap<string, StageReport>,
): ShownStage {
  return {
    name,
    checks: () => reported.get(name)?.checks ?? { [`thread ${number}`]: 'not yet joined' },
    tasks: () => [...(reported.get(name)?.tasks ?? [])],
  }
}

export interface ThreadReporter {
  metricsOf(stage: string): StageMetrics
  add(running: RunningStage): void
}

/** The other side: reports until the thread is told to stop, and once more at the end. */
export function reportToMainThread(scope: Scope): ThreadReporter {
  const running: RunningStage[] = []
  const counting = new Map<string, CountingMetrics>()
  const metricsOf = (stage: string): CountingMetrics => {
    const metrics = counting.get(stage) ?? new CountingMetrics()
    counting.set(stage, metrics)
    return metrics
  }
  const report = (): void => {
    const stages = running.map(stage => ({
      name: stage.name,
      checks: stage.checks(),
      tasks: stage.tasks(),
      counted: metricsOf(stage.name).take(),
    }))
    parentPort?.postMessage({ stages } satisfies ThreadReport)
  }
  const go = async (): Promise<void> => {
    while (!scope.stopping.aborted) {
      report()
      await systemClock.sleep(reportMs, scope.stopping)
    }
  }
  void go()
  scope.onClose('last report', report)
  return { metricsOf, add: stage => void running.push(stage) }
}
