// Reads the projector's view. Never writes, never waits for Redis to come back.

import type { ResourceState } from '@fleet/contracts'
import { FleetError, messageOf } from '@fleet/runtime'
import { Redis } from 'ioredis'
import type { StateStore } from '../core/state-store.ts'
import { viewEntryKey } from '@fleet/contracts'

/** A caller rather has a 503 than an answer that comes after it gave up. */
const commandTimeoutMs = 500
const reconnectDelayMsMax = 2000

export function openRedis(url: string): Redis {
  const redis = new Redis(url, {
    connectionName: 'fleet-api',
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 1,
    commandTimeout: commandTimeoutMs,
    connectTimeout: 2000,
    retryStrategy: times => Math.min(50 * 2 ** Math.min(times, 10), reconnectDelayMsMax),
  })
  // Without a listener a lost connection would end the process; every failed read says it anyway.
  redis.on('error', () => {})
  return redis
}

export function redisStateStore(redis: Pick<Redis, 'hgetall' | 'status'>): StateStore {
  return {
    async read(recordKey) {
      const entry = await hgetall(redis, viewEntryKey(recordKey))
      const { value, partition, offset } = entry
      if (value === undefined) return null
      return {
        state: JSON.parse(value) as ResourceState,
        partition: Number(partition),
        offset: Number(offset),
      }
    },
    check: () => (redis.status === 'ready' ? 'ok' : 'Redis is not reachable'),
  }
}

async function hgetall(
  redis: Pick<Redis, 'hgetall'>,
  key: string,
): Promise<{ value?: string; partition?: string; offset?: string }> {
  try {
    return await redis.hgetall(key)
  } catch (error) {
    const message = `Redis did not answer (${messageOf(error)}); is it running?`
    throw new FleetError('REDIS_UNREACHABLE', 'transient', message, { cause: error })
  }
}
