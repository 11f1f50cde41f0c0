// Runs a view over all partitions of a table topic, in one process: the store's compare-and-set makes a
// second one harmless, so no group is needed.

import { groupIdOf } from '@fleet/contracts'
import type { Topic } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import type { Broker } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'
import type { Clock, Random } from '@fleet/runtime'
import type { Logger } from '@fleet/telemetry'

import { describedTopics } from './described-topics.ts'
import { PartitionSet } from './partition-set.ts'
import type { RunningStage } from './run-stage.ts'
import type { StageMetrics } from './stage-metrics.ts'
import { taskLag } from './task-lag.ts'
import { ViewTask } from './view-task.ts'
import type { View } from './view-task.ts'

export interface ViewDeclaration {
  /** Names it in metrics and logs. */
  name: string
  input: Topic
  view: View
}

export interface ViewDependencies {
  environment: string
  broker: Broker
  codec: Codec
  metrics: StageMetrics
  logger: Logger
  clock: Clock
  random: Random
}

export async function runView(
  { name, input, view }: ViewDeclaration,
  dependencies: ViewDependencies,
): Promise<RunningStage> {
  const { broker, logger, clock, random } = dependencies
  const [described] = await describedTopics(broker, [input.name])
  if (described === null || described === undefined) {
    const message = `Topic ${input.name} is missing; run: fleet topics apply`
    throw new FleetError('TOPIC_MISSING', 'fatal', message)
  }
  const reader = await broker.openReader()
  const tasks = new PartitionSet(
    partition => new ViewTask(partition, { ...dependencies, topic: input, view }),
    { reader, clock, random, logger },
  )
  tasks.assign(Array.from({ length: described.partitions }, (_, partition) => partition))
  logger.info(
    { event: 'view.running', view: name, group: groupIdOf(dependencies.environment, name) },
    'view running',
  )
  const failed = Promise.race([tasks.failed, reader.failed])
  failed.catch(() => {})
  return {
    name,
    checks: () => {
      const waiting = [...tasks.handlers.values()].filter(({ running }) => !running)
      const list = waiting.map(({ partition }) => partition).join(', ')
      return {
        kafka: reader.problem() ?? 'ok',
        [name]: waiting.length === 0 ? 'ok' : `partitions not running: ${list}`,
      }
    },
    tasks: () =>
      [...tasks.handlers.values()].map(task => ({
        partition: task.partition,
        phase: task.running ? 'running' : 'waiting',
        ...taskLag(task.stream, reader),
        counts: {},
        sizes: {},
      })),
    failed,
    stop: async () => {
      await tasks.close()
      await reader.close()
    },
  }
}
