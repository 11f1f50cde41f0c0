// One tick as every detector sees it, and what a detector answers.

import type { Alert } from '@fleet/contracts'

import { gapMicros, learnedAfterHours } from './detectors.ts'
import type { Change, Due, Entry, LastTickFact, Memory } from './memory.ts'
import { hourOf } from './seasonal.ts'

/** What one tick judges of a kind, so that a crowd does not become one huge transaction. */
const judgedPerTickMax = 5000

export interface Tick {
  /** Microseconds. */
  at: number
  previousAt: number | null
  /** Microseconds; ticks were missing until then, 0 if they never were. */
  gapUntil: number
  /** It is the first after a gap. */
  endsGap: boolean
  /** Hours since 1970: the hour to learn from now on, null at most ticks. */
  learnedHour: number | null
}

export interface Outcome {
  alerts: readonly Alert[]
  changes: readonly Change[]
}

export function tickAfter(last: LastTickFact | undefined, at: number): Tick {
  const previousAt = last?.tickAt ?? null
  const endsGap = previousAt === null || at - previousAt > gapMicros
  const gapUntil = endsGap ? at : (last?.gapUntil ?? 0)
  const isNewHour = previousAt !== null && hourOf(at) > hourOf(previousAt)
  const hour = hourOf(at) - learnedAfterHours
  // An hour that was not ticked through from its start says nothing about what is usual.
  const isWhole = hour > hourOf(gapUntil)
  return { at, previousAt, gapUntil, endsGap, learnedHour: isNewHour && isWhole ? hour : null }
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/** The longest due, the others at the next ticks; which ones does not depend on how the memory came about. */
export function firstDue<Kind extends Due>(memory: Memory, kind: Kind, at: number): Entry<Kind>[] {
  const due = [...memory.due(kind, at)]
  if (due.length <= judgedPerTickMax) return due
  due.sort(([keyA, a], [keyB, b]) => a.lookAt - b.lookAt || compareText(keyA, keyB))
  return due.slice(0, judgedPerTickMax)
}

/** In an order that does not depend on how the memory came about. */
export function ordered<Fact>(entries: Iterable<[string, Fact]>): [string, Fact][] {
  return [...entries].toSorted(([a], [b]) => compareText(a, b))
}
