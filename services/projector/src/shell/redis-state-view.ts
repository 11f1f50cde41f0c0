// The newest state of each resource in Redis, with the offset it reflects. Older never replaces newer,
// whatever is read again, and a partition's position is never ahead of its entries.

import { viewPositionsKey } from '@fleet/contracts'
import { FleetError, messageOf } from '@fleet/runtime'
import type { View } from '@fleet/stage'
import type { Redis } from 'ioredis'
import { viewBatches } from '../core/view-batch.ts'
import type { ViewRecord } from '../core/view-batch.ts'
import { deleteMarkerTtlMs } from '../core/view-layout.ts'

type ViewRedis = Pick<Redis, 'hgetall' | 'applyStateView' | 'status'>

export class RedisStateView implements View {
  readonly #redis: ViewRedis
  /** Where the loop reads on, by partition; null: the view knows nothing of the partition. */
  readonly #continuesFrom = new Map<number, number | null>()

  constructor(redis: ViewRedis) {
    this.#redis = redis
  }

  /**
   * Next offset of each partition the view knows; one that is missing is to be read from its start.
   * The caller goes to these positions before its next apply().
   */
  async positions(partitions: readonly number[]): Promise<Map<number, number>> {
    const stored = await this.#ask(() => this.#redis.hgetall(viewPositionsKey))
    const positions = new Map<number, number>()
    for (const partition of partitions) {
      const position = Number(stored[partition])
      if (Number.isSafeInteger(position)) positions.set(partition, position)
      this.#continuesFrom.set(partition, positions.get(partition) ?? null)
    }
    return positions
  }

  /** Idempotent. Records of one partition in log order; nothing before `nextOffset` is missing. */
  async apply(
    partition: number,
    records: readonly ViewRecord[],
    nextOffset: number,
  ): Promise<void> {
    for (const batch of viewBatches(records, nextOffset)) {
      const from = this.#continuesFrom.get(partition) ?? null
      await this.#ask(() =>
        this.#redis.applyStateView(
          batch.entries.length + 1,
          viewPositionsKey,
          ...batch.entries.map(entry => entry.key),
          partition,
          from ?? '',
          batch.nextOffset,
          deleteMarkerTtlMs,
          ...batch.entries.flatMap(entry => [entry.offset, entry.value]),
        ),
      )
      this.#continuesFrom.set(partition, batch.nextOffset)
    }
  }

  /** For readiness: `ok` or the reason. */
  check(): string {
    return this.#redis.status === 'ready' ? 'ok' : 'Redis is not reachable'
  }

  async #ask<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await command()
    } catch (error) {
      throw new FleetError(
        'REDIS_UNREACHABLE',
        'transient',
        `Redis did not take the command (${messageOf(error)}); is it running?`,
        { cause: error },
      )
    }
  }
}
