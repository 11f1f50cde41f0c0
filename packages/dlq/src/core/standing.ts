// Whether a letter is open, by the acts on it. Pure.

import type { DeadLetter } from '@fleet/contracts'

import type { Act, LetterAct, LetterFilter } from './acts.ts'

export const letterStatuses = ['open', 'replayed', 'discarded'] as const
export type LetterStatus = (typeof letterStatuses)[number]

export class Standing {
  readonly #last = new Map<string, LetterAct>()

  /** In log order; acts on letters alone count. */
  take(act: Act): void {
    if (act.kind !== 'replayed' && act.kind !== 'discarded') return
    const before = this.#last.get(act.letter_id)
    // An act on an earlier failure says nothing of a later one.
    if (before !== undefined && before.attempt > act.attempt) return
    this.#last.set(act.letter_id, act)
  }

  /** The last act on this failure of the letter; null: nobody has done anything about it. */
  actOn(letter: Pick<DeadLetter, 'dead_letter_id' | 'attempt'>): LetterAct | null {
    const act = this.#last.get(letter.dead_letter_id)
    return act === undefined || act.attempt < letter.attempt ? null : act
  }

  statusOf(letter: Pick<DeadLetter, 'dead_letter_id' | 'attempt'>): LetterStatus {
    return this.actOn(letter)?.kind ?? 'open'
  }
}

export function matches(filter: LetterFilter, letter: DeadLetter): boolean {
  const { stages, ids, codes, tenant, types, from, to } = filter
  if (stages !== null && !stages.includes(letter.stage)) return false
  if (ids !== null && !ids.includes(letter.dead_letter_id)) return false
  if (codes !== null && !codes.includes(letter.error_code)) return false
  if (tenant !== null && letter.tenant_id !== tenant) return false
  if (types !== null && (letter.event_type === null || !types.includes(letter.event_type))) {
    return false
  }
  if (from !== null && letter.failed_at < from) return false
  return to === null || letter.failed_at < to
}
