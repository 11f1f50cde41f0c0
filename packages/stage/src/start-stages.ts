// Puts stages into a service: broker, codec, metrics, operations endpoint, life cycle. A service's
// main.ts is a call of this.

import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { topics } from '@fleet/contracts'
import type { StageName, Topic } from '@fleet/contracts'
import { httpRegistry, openCodec } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { connectKafka } from '@fleet/kafka'
import type { Broker } from '@fleet/kafka'
import { retryDelayMs, taskRetry } from '@fleet/dlq'
import { fateOf, messageOf, systemClock, systemIds, systemRandom } from '@fleet/runtime'
import type { Scope } from '@fleet/runtime'
import { startOperationsServer } from '@fleet/telemetry'
import type { Logger, Metrics } from '@fleet/telemetry'

import type { StageDeclaration, TaskState } from './declaration.ts'
import { runStage } from './run-stage.ts'
import type { RunningStage, StageDependencies } from './run-stage.ts'
import { runView } from './run-view.ts'
import type { ViewDeclaration } from './run-view.ts'
import { StageMeters } from './stage-metrics.ts'

export interface StageServiceSettings {
  environment: string
  dataDir: string
  host: string
  healthPort: number
  kafkaBrokers: readonly string[]
  registryUrl: string
}

export interface StageService {
  /** Also names the Kafka client and the schema cache file. */
  name: string
  settings: StageServiceSettings
  logger: Logger
  metrics: Metrics
  scope: Scope
  /** Further readiness checks. */
  checks?: () => Record<string, string>
}

/**
 * Any stage, whatever its state. Its two type parameters meet only inside the declaration, which
 * TypeScript cannot say of a list; `asStage` closes over them.
 */
export interface AnyStage {
  readonly name: StageName
  run(dependencies: StageDependencies): Promise<RunningStage>
  readonly writes: readonly Topic[]
}

export function asStage<State extends TaskState<Change>, Change>(
  declaration: StageDeclaration<State, Change>,
): AnyStage {
  return {
    name: declaration.name,
    run: dependencies => runStage(declaration, dependencies),
    writes: [...declaration.outputs, topics.deadLetters[declaration.name]],
  }
}

/** Starts stages; returns when they have joined their groups. */
export async function startStages(
  stages: readonly AnyStage[],
  service: StageService,
): Promise<void> {
  const { settings, logger } = service
  const opened = await openService(service)
  await untilReachable(service, () => opened.codec.load(stages.flatMap(({ writes }) => writes)))
  for (const stage of stages) {
    const running = await untilReachable(service, () =>
      stage.run({
        environment: settings.environment,
        broker: opened.broker,
        codec: opened.codec,
        metrics: opened.meters.forStage(stage.name),
        logger,
        clock: systemClock,
        ids: systemIds,
        random: systemRandom,
        sha256Hex,
      }),
    )
    opened.add(running)
  }
}

/** Starts a view. */
export async function startView(
  declaration: ViewDeclaration,
  service: StageService,
): Promise<void> {
  const opened = await openService(service)
  const running = await untilReachable(service, () =>
    runView(declaration, {
      environment: service.settings.environment,
      broker: opened.broker,
      codec: opened.codec,
      metrics: opened.meters.forStage(declaration.name),
      logger: service.logger,
      clock: systemClock,
      random: systemRandom,
    }),
  )
  opened.add(running)
}

interface Opened {
  broker: Broker
  codec: Codec
  meters: StageMeters
  add(running: RunningStage): void
}

async function openService(service: StageService): Promise<Opened> {
  const { name, settings, metrics, scope } = service
  const running: RunningStage[] = []
  const meters = new StageMeters(metrics)
  meters.gauge('fleet_dead_letters', 'Dead letters written by this process’s tasks.', () =>
    running.map(stage => ({
      value: stage.tasks().reduce((sum, { counts }) => sum + (counts['dead_letter'] ?? 0), 0),
      labels: { stage: stage.name },
    })),
  )
  meters.gauge('fleet_stage_lag', 'Committed records not yet processed.', () =>
    running.map(stage => ({
      value: stage.tasks().reduce((sum, { lag }) => sum + lag, 0),
      labels: { stage: stage.name },
    })),
  )
  meters.gauge('fleet_stage_tasks', 'Partitions owned by this process.', () =>
    running.map(stage => ({ value: stage.tasks().length, labels: { stage: stage.name } })),
  )
  meters.gauge('fleet_stage_state', 'What the state of this process’s tasks holds.', () =>
    running.flatMap(stage => {
      const sums = new Map<string, number>()
      for (const { sizes } of stage.tasks()) {
        for (const [what, size] of Object.entries(sizes)) {
          sums.set(what, (sums.get(what) ?? 0) + size)
        }
      }
      return [...sums].map(([what, value]) => ({ value, labels: { stage: stage.name, what } }))
    }),
  )
  const server = await startOperationsServer({
    host: settings.host,
    port: settings.healthPort,
    metrics,
    checks: () => ({
      ...(running.length === 0 ? { starting: 'not yet joined' } : {}),
      ...mergedChecks(running),
      ...service.checks?.(),
    }),
  })
  scope.onClose('operations server', () => server.close())
  mkdirSync(join(settings.dataDir, 'schemas'), { recursive: true })
  const codec = await openCodec({
    registry: httpRegistry(settings.registryUrl),
    cacheFile: join(settings.dataDir, 'schemas', `${name}.json`),
    clock: systemClock,
  })
  const broker = connectKafka({ brokers: settings.kafkaBrokers, clientId: `fleet-${name}` })
  return {
    broker,
    codec,
    meters,
    add: stage => {
      running.push(stage)
      scope.onClose(stage.name, () => stage.stop())
      stage.failed.catch((error: unknown) => scope.fail(error))
    },
  }
}

/** Stages of one process name some checks alike: what is not ok is what counts. */
function mergedChecks(running: readonly RunningStage[]): Record<string, string> {
  const merged: Record<string, string> = {}
  for (const stage of running) {
    for (const [check, state] of Object.entries(stage.checks())) {
      if (merged[check] === undefined || merged[check] === 'ok') merged[check] = state
    }
  }
  return merged
}

/** Kafka or the registry may come up after us: wait for them, saying so, for as long as it takes. */
async function untilReachable<T>(service: StageService, attempt: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt()
    } catch (error) {
      if (fateOf(error) !== 'transient' || service.scope.stopping.aborted) throw error
      service.logger.warn(
        { event: 'service.waiting', attempts, reason: messageOf(error) },
        'a dependency is not reachable yet',
      )
      const delayMs = retryDelayMs(taskRetry, attempts, systemRandom.next())
      await systemClock.sleep(delayMs, service.scope.stopping)
    }
  }
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
