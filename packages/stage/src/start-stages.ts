// Puts stages into a service: broker, codec, metrics, operations endpoint, life cycle. A service's
// main.ts is a call of this.

import { isMainThread } from 'node:worker_threads'

import { systemClock, systemIds, systemRandom } from '@fleet/runtime'

import type { RunningStage } from './run-stage.ts'
import { runView } from './run-view.ts'
import type { ViewDeclaration } from './run-view.ts'
import { keep, openSurface } from './service-surface.ts'
import type { StageMetrics } from './stage-metrics.ts'
import { openConnections, sha256Hex, untilReachable } from './stage-service.ts'
import type { AnyStage, StageService } from './stage-service.ts'
import { reportToMainThread, startThreads } from './stage-threads.ts'

/** Starts stages; returns when they have joined their groups, or when their threads were started. */
export async function startStages(
  stages: readonly AnyStage[],
  service: StageService,
): Promise<void> {
  const { scope, threads } = service
  if (!isMainThread) {
    const reporter = reportToMainThread(scope)
    await runAll(stages, service, reporter.metricsOf, running => {
      reporter.add(running)
      keep(running, scope)
    })
    return
  }
  const surface = await openSurface(service)
  if (threads !== undefined && threads.count > 1) {
    await startThreads(threads, stages, surface, service)
  }
  const metricsOf = (stage: string): StageMetrics => surface.meters.forStage(stage)
  await runAll(stages, service, metricsOf, running => surface.add(running))
}

async function runAll(
  stages: readonly AnyStage[],
  service: StageService,
  metricsOf: (stage: string) => StageMetrics,
  add: (running: RunningStage) => void,
): Promise<void> {
  const { settings, logger } = service
  const { broker, codec } = await openConnections(service)
  const known = stages.flatMap(({ writes, reads = [] }) => [...writes, ...reads])
  await untilReachable(service, () => codec.load(known))
  for (const stage of stages) {
    const running = await untilReachable(service, () =>
      stage.run({
        environment: settings.environment,
        latencyTargetMs: settings.latencyTargetMs,
        broker,
        codec,
        metrics: metricsOf(stage.name),
        logger,
        clock: systemClock,
        ids: systemIds,
        random: systemRandom,
        sha256Hex,
      }),
    )
    add(running)
  }
}

/** Starts a view. */
export async function startView(
  declaration: ViewDeclaration,
  service: StageService,
): Promise<void> {
  const surface = await openSurface(service)
  const { broker, codec } = await openConnections(service)
  await untilReachable(service, () => codec.load([declaration.input]))
  const running = await untilReachable(service, () =>
    runView(declaration, {
      environment: service.settings.environment,
      broker,
      codec,
      metrics: surface.meters.forStage(declaration.name),
      logger: service.logger,
      clock: systemClock,
      random: systemRandom,
    }),
  )
  surface.add(running)
}
