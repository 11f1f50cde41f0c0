// What operators did with dead letters, one record per act in fleet.dead-letter-acts.v1: the audit and,
// folded, the status of every letter. Acts are only added; a letter is never changed or deleted.

import type { Coordinates } from '@fleet/contracts'

export interface LetterAct {
  readonly kind: 'replayed' | 'discarded'
  readonly letter_id: string
  readonly stage: string
  /** The failure it is about: a letter that fails again is open again. */
  readonly attempt: number
  /** RFC 3339. */
  readonly at: string
  readonly by: string
  readonly reason: string | null
  /** Of a replay. */
  readonly replay_id: string | null
  /** The records the replay wrote. */
  readonly sent: readonly Coordinates[]
  readonly patch: Patch | null
}

/** What a replay changed, whole: the letter keeps the original. */
export type Patch =
  /** RFC 7396, on the body of a delivery or the value of a sink's input. */
  | { readonly kind: 'merge-patch'; readonly document: unknown }
  /** A new body for a delivery. */
  | { readonly kind: 'body'; readonly base64: string }

export interface ReplayStarted {
  readonly kind: 'replay_started'
  readonly replay_id: string
  readonly at: string
  readonly by: string
  readonly reason: string | null
  readonly filter: LetterFilter
  readonly rate_per_second: number
  readonly include_discarded: boolean
  readonly again: boolean
  readonly patch: Patch | null
  /** Ends of the dead-letter topics when it began: what failed later is not part of it. */
  readonly ends: Readonly<Record<string, readonly number[]>>
}

interface ReplayFinished {
  readonly kind: 'replay_finished'
  readonly replay_id: string
  readonly at: string
  readonly matched: number
  readonly sent: number
  readonly refused: number
  /** It ended by this failure and is not tried again; absent: it went through. */
  readonly error_code?: string
}

export type Act = LetterAct | ReplayStarted | ReplayFinished

/** Which letters are meant; null means any. */
export interface LetterFilter {
  readonly stages: readonly string[] | null
  readonly ids: readonly string[] | null
  readonly codes: readonly string[] | null
  readonly tenant: string | null
  readonly types: readonly string[] | null
  /** Failed at or after, microseconds. */
  readonly from: number | null
  /** Failed before, microseconds. */
  readonly to: number | null
}

export const everyLetter: LetterFilter = {
  stages: null,
  ids: null,
  codes: null,
  tenant: null,
  types: null,
  from: null,
  to: null,
}

const kinds: ReadonlySet<unknown> = new Set([
  'replayed',
  'discarded',
  'replay_started',
  'replay_finished',
])

/** Null: not one of ours; a later version may know more. */
export function parseAct(text: string): Act | null {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('kind' in value)) return null
    return kinds.has(value.kind) ? (value as Act) : null
  } catch {
    return null
  }
}
