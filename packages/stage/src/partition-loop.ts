// The consume loop, the only one in this repository: acquire, then take and process until stopped.
// It knows neither Kafka transactions nor state; those are its handler's.

import { retryDelayMs, taskRetry } from '@fleet/dlq'
import type { Reader } from '@fleet/kafka'
import { FleetError, messageOf } from '@fleet/runtime'
import type { Clock, Random } from '@fleet/runtime'
import type { Logger } from '@fleet/telemetry'

import type { PartitionHandler } from './partition-handler.ts'

/**
 * Failures in a row without any progress after which the process gives up and is restarted. With
 * the delays of `taskRetry` that is about ten minutes: longer than a broker's restart.
 */
const failuresMax = 120
/** A loop that ran this long without a failure has recovered, records or not. */
const recoveredMs = 30_000

export interface LoopDependencies {
  reader: Reader
  clock: Clock
  random: Random
  logger: Logger
}

/**
 * Runs until `stopping` is aborted, or the handler refuses to go on with its partition.
 * @throws FleetError (fatal) when this process must not go on.
 */
export async function runPartition(
  handler: PartitionHandler,
  stopping: AbortSignal,
  { reader, clock, random, logger }: LoopDependencies,
): Promise<void> {
  let failures = 0
  while (!stopping.aborted) {
    try {
      const positions = await handler.acquire(stopping)
      const acquiredMs = clock.elapsedMs()
      if (stopping.aborted) return
      const stream = reader.open(positions)
      const stop = (): void => stream.wake()
      stopping.addEventListener('abort', stop, { once: true })
      handler.stream = stream
      try {
        while (!stopping.aborted) {
          const waitMs = await handler.onTime()
          if (stopping.aborted) break
          const chunk = await stream.take(handler.takeMax, waitMs)
          if (stopping.aborted) break
          await handler.process(chunk, stopping)
          // An empty chunk proves nothing: the record that fails may come with the next.
          const isProgress = chunk.records.length > 0
          if (isProgress || clock.elapsedMs() - acquiredMs > recoveredMs) failures = 0
        }
      } finally {
        handler.stream = null
        stopping.removeEventListener('abort', stop)
        stream.close()
      }
    } catch (error) {
      if (error instanceof FleetError && error.fate === 'fatal') {
        if (handler.refuse?.(error) !== true) throw error
        const { partition } = handler
        const message = 'the partition does not start: its memory can not be trusted'
        logger.error({ event: 'task.refused', partition, code: error.code, err: error }, message)
        return
      }
      if (stopping.aborted) return
      failures++
      if (failures > failuresMax) {
        const message = `Partition ${handler.partition} failed ${failures} times in a row: ${messageOf(error)}`
        throw new FleetError('TASK_FAILED', 'fatal', message, { cause: error })
      }
      const delayMs = retryDelayMs(taskRetry, failures, random.next())
      logger.warn(
        {
          event: 'task.lost',
          partition: handler.partition,
          failures,
          delay_ms: delayMs,
          err: error,
        },
        'task lost; fencing and restoring again',
      )
      await clock.sleep(delayMs, stopping)
    }
  }
}
