// How long to wait before the next attempt. Pure: chance comes in.

export interface RetryPolicy {
  firstMs: number
  maxMs: number
  factor: number
}

/** 0.1, 0.2, 0.4 … 5 s: a broker that restarts is found again within seconds, a dead one is left alone. */
export const taskRetry: RetryPolicy = { firstMs: 100, maxMs: 5000, factor: 2 }

/**
 * Wait before attempt `attempt` (1 is the first repetition), milliseconds: exponential, with full jitter
 * over its upper half so that many tasks do not come back at once. `chance` is 0 to 1.
 */
export function retryDelayMs(policy: RetryPolicy, attempt: number, chance: number): number {
  const full = Math.min(policy.maxMs, policy.firstMs * policy.factor ** (attempt - 1))
  return full / 2 + (full / 2) * chance
}
