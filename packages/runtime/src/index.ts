// Doors to the machine: time, identity, chance, process life, and what becomes of a failure.

export { sleepBy, systemClock } from './clock.ts'
export type { Clock } from './clock.ts'
export { withDeadline } from './deadline.ts'
export { causesOf, codeOf, fateOf, FleetError, messageOf } from './error.ts'
export type { Fate } from './error.ts'
export { codes } from './errors.ts'
export { systemIds } from './ids.ts'
export type { Ids } from './ids.ts'
export { systemRandom } from './random.ts'
export type { Random } from './random.ts'
export { runService, stopProcess, stopThread } from './service.ts'
export type { Scope } from './service.ts'
