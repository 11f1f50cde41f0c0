// What a service hands to the loop to run its stages, and what both sides of it share: connections and
// the patience to wait for what comes up later.

import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { topics } from '@fleet/contracts'
import type { StageName, Topic } from '@fleet/contracts'
import { httpRegistry, openCodec } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { connectKafka } from '@fleet/kafka'
import type { Broker, ConnectionSettings } from '@fleet/kafka'
import { retryDelayMs, taskRetry } from '@fleet/dlq'
import { fateOf, messageOf, systemClock, systemRandom } from '@fleet/runtime'
import type { Scope } from '@fleet/runtime'
import type { Logger, Metrics } from '@fleet/telemetry'

import type { StageDeclaration, TaskState } from './declaration.ts'
import { readTopicsOf } from './redrive.ts'
import { runStage } from './run-stage.ts'
import type { RunningStage, StageDependencies } from './run-stage.ts'

export interface StageServiceSettings {
  environment: string
  dataDir: string
  host: string
  healthPort: number
  registryUrl: string
  latencyTargetMs: number
}

export interface StageService {
  /** Also names the Kafka client and the schema cache file. */
  name: string
  settings: StageServiceSettings
  /** Brokers, TLS and credentials. */
  kafka: ConnectionSettings
  logger: Logger
  metrics: Metrics
  scope: Scope
  /** Further readiness checks. */
  checks?: () => Record<string, string>
  /**
   * Worker threads that share the partitions, and the program each of them runs: the service's own,
   * whose `startStages` finds out that it is in a thread. Default: no threads.
   */
  threads?: { count: number; program: URL }
}

/**
 * Any stage, whatever its state. Its two type parameters meet only inside the declaration, which
 * TypeScript cannot say of a list; `asStage` closes over them.
 */
export interface AnyStage {
  readonly name: StageName
  run(dependencies: StageDependencies): Promise<RunningStage>
  readonly writes: readonly Topic[]
  /** Looked up at the start too: later the registry may give a wrong answer for their ids. */
  readonly reads?: readonly Topic[]
}

export function asStage<State extends TaskState<Change>, Change>(
  declaration: StageDeclaration<State, Change>,
): AnyStage {
  return {
    name: declaration.name,
    run: dependencies => runStage(declaration, dependencies),
    writes: [...declaration.outputs, topics.deadLetters[declaration.name]],
    reads: readTopicsOf(declaration),
  }
}

export interface Connections {
  broker: Broker
  codec: Codec
}

export async function openConnections({
  name,
  settings,
  kafka,
}: StageService): Promise<Connections> {
  mkdirSync(join(settings.dataDir, 'schemas'), { recursive: true })
  const codec = await openCodec({
    registry: httpRegistry(settings.registryUrl),
    cacheFile: join(settings.dataDir, 'schemas', `${name}.json`),
    clock: systemClock,
  })
  return { broker: connectKafka(kafka), codec }
}

/** Kafka or the registry may come up after us: wait for them, saying so, for as long as it takes. */
export async function untilReachable<T>(
  { scope, logger }: StageService,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt()
    } catch (error) {
      if (fateOf(error) !== 'transient' || scope.stopping.aborted) throw error
      logger.warn(
        { event: 'service.waiting', attempts, reason: messageOf(error) },
        'a dependency is not reachable yet',
      )
      const delayMs = retryDelayMs(taskRetry, attempts, systemRandom.next())
      await systemClock.sleep(delayMs, scope.stopping)
    }
  }
}

export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
