// What automation remembers of a task: all of it while it is open, only what keeps it from being opened
// again once it is closed. Each has one timer, so memory is bounded by time: see on-tick.ts.

import { encodeKeyPart, microsPerDay, rankOf } from '@fleet/contracts'
import type { Task } from '@fleet/contracts'

/** A task as it was last published; when a record of it is written, is not part of it. */
export type TaskContent = Omit<Task, 'processed_at'>

/** Where an event stands among those of its resource. */
export interface Moment {
  readonly effectiveAt: number
  readonly eventType: string
  readonly eventId: string
}

export interface LiveTask {
  readonly status: 'live'
  readonly task: TaskContent
  /** False: nobody has heard of it yet. */
  readonly isPublished: boolean
  /** The latest event that asks for it. */
  readonly asked: Moment
  /** Still to come, microseconds after the one before. */
  readonly timers: readonly TimerLeft[]
  /** Microseconds; of the first of `timers`, without any the time it expires. */
  readonly timerAt: number
}

export interface TimerLeft {
  readonly after: number
  readonly becomes: 'OPEN' | 'DUE' | 'OVERDUE' | 'DONE'
}

export interface ClosedTask {
  readonly status: 'closed'
  /** The event that opened it; null: it was closed before it was opened. */
  readonly openedBy: string | null
  /** An event up to here opens nothing. */
  readonly closedBy: Moment
  /** Microseconds; when it is forgotten. */
  readonly timerAt: number
}

export type TaskFact = LiveTask | ClosedTask

export interface TaskMemory {
  get(key: string): TaskFact | undefined
}

export interface TaskChange {
  readonly key: string
  /** Null: forgotten. */
  readonly value: TaskFact | null
}

export interface TaskOutcome {
  readonly tasks: readonly TaskContent[]
  readonly changes: readonly TaskChange[]
}

/**
 * How long a closed task is remembered, how long an open one that has no timer left is kept, and from
 * which age on an event opens nothing. One number: so an event is either too old, or still remembered.
 */
export const keptMicros = 30 * microsPerDay

export function taskKeyOf(kind: string, resourceKey: string, subject: string | null): string {
  const key = `${kind}/${resourceKey}`
  return subject === null ? key : `${key}/${encodeKeyPart(subject)}`
}

export function momentOf(event: {
  event_id: string
  event_type: string
  effective_at: number
}): Moment {
  return {
    effectiveAt: event.effective_at,
    eventType: event.event_type,
    eventId: event.event_id,
  }
}

/** The order in which the processor lets events win. */
export function isAfter(a: Moment, b: Moment): boolean {
  if (a.effectiveAt !== b.effectiveAt) return a.effectiveAt > b.effectiveAt
  const byRank = rankOf(a.eventType) - rankOf(b.eventType)
  if (byRank !== 0) return byRank > 0
  return a.eventId > b.eventId
}
