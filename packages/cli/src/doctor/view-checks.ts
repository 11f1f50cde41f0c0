// Redis and how far the view of states in it has come.

import { topics, viewPositionsKey } from '@fleet/contracts'
import type { Admin } from '@fleet/kafka'
import { messageOf } from '@fleet/runtime'
import { Redis } from 'ioredis'
import { unreachable } from '../kafka.ts'
import type { Settings } from '../settings.ts'
import { unwell, well } from './check.ts'
import type { Check } from './check.ts'

export async function redisChecks(settings: Settings): Promise<Check[]> {
  try {
    return await withRedis(settings, async redis => {
      const info = await redis.info()
      const version = fieldOf(info, 'redis_version')
      const policy = fieldOf(info, 'maxmemory_policy')
      const seen = `Redis ${version}, ${fieldOf(info, 'used_memory_human')} used`
      if (policy === 'noeviction') return [well('redis', seen)]
      const detail = `${seen}, maxmemory-policy ${policy}: entries may vanish unnoticed`
      return [unwell('redis', detail, 'set maxmemory-policy noeviction')]
    })
  } catch (error) {
    return [
      unwell('redis', messageOf(error), 'DEMO=0 make up; if it stays so, make logs SERVICE=redis'),
    ]
  }
}

export async function viewCheck(admin: Admin, settings: Settings): Promise<Check[]> {
  const name = 'state view'
  const offsets = await admin.offsets(topics.state.name)
  let positions: Record<string, string>
  try {
    positions = await withRedis(settings, redis => redis.hgetall(viewPositionsKey))
  } catch {
    return []
  }
  const unknown = offsets.filter(at => !(at.partition in positions) && at.lastStable > at.logStart)
  const ahead = offsets.filter(at => Number(positions[at.partition] ?? 0) > at.lastStable)
  if (ahead.length > 0) {
    const detail = `positions in Redis are beyond the end of ${topics.state.name}: another log’s`
    const remedy = `redis-cli -u ${settings.redisUrl} flushdb; the projector fills it again`
    return [unwell(name, detail, remedy)]
  }
  if (unknown.length > 0) {
    const list = unknown.map(({ partition }) => partition).join(',')
    return [unwell(name, `partitions not in the view yet: ${list}`, 'make logs SERVICE=projector')]
  }
  const lag = offsets.reduce((sum, { partition, logStart, lastStable }) => {
    return sum + Math.max(0, lastStable - Number(positions[partition] ?? logStart))
  }, 0)
  return [well(name, `lag ${lag} over ${offsets.length} partitions`)]
}

async function withRedis<T>(settings: Settings, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(settings.redisUrl, {
    lazyConnect: true,
    connectTimeout: 2000,
    commandTimeout: 2000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  redis.on('error', () => {})
  try {
    await redis.connect()
    return await work(redis)
  } catch (error) {
    const { host, port } = redis.options
    throw unreachable('Redis', `${host ?? ''}:${port ?? ''}`, error)
  } finally {
    redis.disconnect()
  }
}

function fieldOf(info: string, field: string): string {
  return new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? 'unknown'
}
