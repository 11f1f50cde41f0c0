// What becomes of a failure: the dead letter, and how long to wait before trying again.

export { deadLetterOf } from './dead-letter.ts'
export type { Failure, Origin } from './dead-letter.ts'
export { retryDelayMs, taskRetry } from './retry-policy.ts'
export type { RetryPolicy } from './retry-policy.ts'
