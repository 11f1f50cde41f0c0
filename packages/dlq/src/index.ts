// What becomes of a failure: the dead letter, how long to wait before trying again, and what operators
// do with letters: find, replay, discard.

export { deadLetterIdOf, deadLetterOf } from './dead-letter.ts'
export type { Failure, Origin } from './dead-letter.ts'
export { codes } from './errors.ts'
export { retryDelayMs, taskRetry } from './retry-policy.ts'
export type { RetryPolicy } from './retry-policy.ts'
export { everyLetter, parseAct } from './core/acts.ts'
export type { Act, LetterAct, LetterFilter, Patch, ReplayStarted } from './core/acts.ts'
export { letterStatuses, matches, Standing } from './core/standing.ts'
export type { LetterStatus } from './core/standing.ts'
export { discardLetters } from './shell/discard.ts'
export type { Discarded, DiscardRequest } from './shell/discard.ts'
export { LetterLog } from './shell/letter-log.ts'
export type { FoundLetter } from './shell/letter-log.ts'
export type { LogReading } from './shell/read-log.ts'
export { Replayer } from './shell/replayer.ts'
export type { ReplayPorts, ReplayProgress, ReplayRequest } from './shell/replayer.ts'
