// What a replay has done so far, as it is shown to whoever waits for it.

import type { FoundLetter } from './letter-log.ts'
import type { Prepared } from './prepared.ts'

export interface ReplayProgress {
  readonly replay_id: string
  matched: number
  sent: number
  refused: number
  /** Refused letters by reason. */
  readonly refusals: Record<string, number>
  /** The first refused ones. */
  readonly refused_letters: { letter_id: string; code: string; message: string }[]
}

const refusedShownMax = 20

export function note(
  progress: ReplayProgress,
  { letter }: FoundLetter,
  { code, message }: Extract<Prepared, { ok: false }>,
): void {
  progress.refused++
  progress.refusals[code] = (progress.refusals[code] ?? 0) + 1
  if (progress.refused_letters.length >= refusedShownMax) return
  progress.refused_letters.push({ letter_id: letter.dead_letter_id, code, message })
}
