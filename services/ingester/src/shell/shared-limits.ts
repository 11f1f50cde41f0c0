// The same limits counted in Redis by all ingesters together. Redis must never decide whether a delivery
// is taken: while it is away or slow, this process counts alone, and goes back by itself.

import { codeOf, messageOf } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import type { Counter, Logger, Metrics } from '@fleet/telemetry'
import { Redis } from 'ioredis'
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { afterFailure, closedBreaker, isOpen, tryBreaker } from '../core/breaker.ts'
import type { Breaker } from '../core/breaker.ts'
import type { Taken } from '../core/token-bucket.ts'
import { LocalLimits } from './rate-limits.ts'
import type { LimitedCall, RateLimits } from './rate-limits.ts'

export interface SharedLimitsOptions {
  readonly redisUrl: string
  /** Ingesters of one environment share their limits. */
  readonly environment: string
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}

/** Two round trips of a delivery wait for it; a Redis that needs longer is as good as away. */
const commandTimeoutMs = 100
const reconnectMsMax = 1000
/** As the buckets of one process: after a pause a sender may catch up for two seconds. */
const burstSeconds = 2

/**
 * The library counts in fixed windows, which let twice the burst pass at their edge. This is the token
 * bucket instead, as the time at which it is full again (GCRA), by the clock of Redis alone.
 * ARGV: tokens, unused, points of the bucket, seconds in which it fills. Returns points taken (more than
 * there are: refused) and the milliseconds until the next.
 */
const bucketScript = `
local time = redis.call('time')
local now = time[1] * 1000000 + time[2]
local points = tonumber(ARGV[3])
local interval = tonumber(ARGV[4]) * 1000000 / points
local full = math.max(now, tonumber(redis.call('get', KEYS[1]) or 0)) + interval * tonumber(ARGV[1])
local early = full - interval * points - now
if early > 0 then return {points + 1, math.ceil(early / 1000)} end
redis.call('set', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return {math.ceil((full - now) / interval), 0}
`

export class SharedLimits implements RateLimits {
  readonly #environment: string
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #redis: Redis
  readonly #local = new LocalLimits()
  readonly #alone: Counter
  /** By limit and rate: a limiter of the library has one rate. */
  readonly #limiters = new Map<string, RateLimiterRedis>()
  #breaker: Breaker = closedBreaker
  #isAway = false

  constructor({ redisUrl, environment, clock, logger, metrics }: SharedLimitsOptions) {
    this.#environment = environment
    this.#clock = clock
    this.#logger = logger
    this.#alone = metrics.counter(
      'fleet_ingest_limits_alone_total',
      'Rate limits decided by this process alone while Redis was away.',
    )
    this.#alone.add(0)
    this.#redis = new Redis(redisUrl, {
      connectionName: 'ingester-limits',
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      commandTimeout: commandTimeoutMs,
      connectTimeout: 1000,
      retryStrategy: times => Math.min(50 * times, reconnectMsMax),
      reconnectOnError: error => error.message.startsWith('READONLY'),
    })
    // Without a listener a lost connection would end the process; failed commands say it anyway.
    this.#redis.on('error', () => {})
  }

  async take(call: LimitedCall): Promise<Taken> {
    const attempt = tryBreaker(this.#breaker, this.#clock.elapsedMs())
    this.#breaker = attempt.breaker
    if (!attempt.allowed) return this.#takeAlone(call)
    try {
      await this.#limiter(call).consume(call.key)
      this.#isBack()
      return { allowed: true }
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) {
        this.#failed(refusal)
        return this.#takeAlone(call)
      }
      this.#isBack()
      const retryAfterSeconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000))
      return { allowed: false, retryAfterSeconds }
    }
  }

  close(): void {
    this.#redis.disconnect()
  }

  #takeAlone(call: LimitedCall): Taken {
    this.#alone.add(1)
    return this.#local.take(call)
  }

  #limiter({ limit, perSecond }: LimitedCall): RateLimiterRedis {
    const name = `${limit} ${perSecond}`
    const known = this.#limiters.get(name)
    if (known !== undefined) return known
    // A rate below one in two seconds still has a bucket of one.
    const points = Math.max(1, Math.floor(perSecond * burstSeconds))
    const limiter = new RateLimiterRedis({
      storeClient: this.#redis,
      keyPrefix: `fleet:${this.#environment}:limits:${limit}`,
      points,
      duration: points / perSecond,
      customIncrTtlLuaScript: bucketScript,
    })
    this.#limiters.set(name, limiter)
    return limiter
  }

  #failed(error: unknown): void {
    this.#breaker = afterFailure(this.#breaker, this.#clock.elapsedMs())
    if (this.#isAway || !isOpen(this.#breaker)) return
    this.#isAway = true
    const problem = messageOf(error)
    this.#logger.warn({ code: codeOf(error), problem }, 'limits.redis_away')
  }

  #isBack(): void {
    this.#breaker = closedBreaker
    if (!this.#isAway) return
    this.#isAway = false
    this.#logger.info('limits.redis_back')
  }
}
