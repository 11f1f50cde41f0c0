// What a task remembers of one resource: its version, the winner of each domain, the signals.
// Values are immutable; a change makes a new one.

import type { Domain, Register } from '@fleet/contracts'

import type { SignalRegister } from './signals.ts'

export interface ResourceMemory {
  readonly version: number
  readonly registers: ReadonlyMap<Domain, Register>
  /**
   * By signal code. A map and not an object: codes are the sender's words, `__proto__` among them.
   */
  readonly signals: ReadonlyMap<string, SignalRegister>
}

export const emptyResource: ResourceMemory = {
  version: 0,
  registers: new Map(),
  signals: new Map(),
}

/**
 * The newest time anything in it competes with, microseconds. Once that is older than the horizon,
 * every event that may still win would win against all of it, so forgetting it changes no winner.
 */
export function newestAt(resource: ResourceMemory): number {
  let newest = -Infinity
  for (const register of resource.registers.values()) {
    newest = Math.max(newest, register.effective_at)
  }
  for (const { latest } of resource.signals.values()) newest = Math.max(newest, latest.orderAt)
  return newest
}
