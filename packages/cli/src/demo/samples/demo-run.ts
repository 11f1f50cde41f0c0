// One run of the demo: its id is in every id it sends, so that it can be repeated and found again.

import { utf8Bytes } from '@fleet/contracts'

export interface DemoRun {
  /** Letters and digits. */
  id: string
  nowMs: number
  tenantId: string
  /** The platform's limit of a body. */
  bodyBytesMax: number
  /** How many reservations are not taken up. */
  noShowCount: number
}

export interface About {
  type: string
  id: string
}

/** A resource of this run: `R-<run>-3`. */
export function resource(run: DemoRun, type: string, letter: string, number: number): About {
  return { type, id: idOf(run, letter, number) }
}

export function idOf(run: DemoRun, letter: string, number: number): string {
  return `${letter}-${run.id}-${number}`
}

/** The same for a retry of the event, another for another event of the resource. */
export function eventIdOf(prefix: string, about: About, type: string): string {
  return `${prefix}${about.id}-${type}`.replaceAll(/[^A-Za-z0-9_-]/g, '_')
}

export function msAt(run: DemoRun, secondsAgo: number): number {
  return run.nowMs - secondsAgo * 1000
}

export function isoAt(run: DemoRun, secondsAgo: number): string {
  return new Date(msAt(run, secondsAgo)).toISOString()
}

/** Sources that write whole seconds. */
export function isoSecondsAt(run: DemoRun, secondsAgo: number): string {
  return `${isoAt(run, secondsAgo).slice(0, 19)}Z`
}

export function jsonBytes(value: object): Uint8Array {
  return utf8Bytes(JSON.stringify(value))
}

/** 1 to count. */
export function times<T>(count: number, make: (number: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index + 1))
}
