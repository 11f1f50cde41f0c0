// What a task is given: the world it works in.

import type { Codec } from '@fleet/codec'
import type { Broker, Reader } from '@fleet/kafka'
import type { Clock, Ids, Random } from '@fleet/runtime'
import type { Logger } from '@fleet/telemetry'

import type { StageMetrics } from './stage-metrics.ts'

export interface TaskDependencies {
  environment: string
  partitionCount: number
  broker: Broker
  restoreReader: Reader
  codec: Codec
  metrics: StageMetrics
  logger: Logger
  clock: Clock
  ids: Ids
  random: Random
  sha256Hex: (text: string) => string
  /** How long deciding and committing a transaction may take under load. Milliseconds, default 200. */
  latencyTargetMs?: number
}
