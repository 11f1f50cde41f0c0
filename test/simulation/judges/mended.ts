// Letters that somebody mended before they were sent back: the only ones that may have their effect.

import { headerNames, topics } from '@fleet/contracts'
import type { DeadLetter } from '@fleet/contracts'

import { mendedId } from '../world/redrives.ts'
import { placeOf } from './history.ts'
import type { History } from './history.ts'

export interface Mended {
  readonly stage: string
  readonly letterId: string
  readonly attempt: number
  /** Whatever is said under this id of this resource. */
  readonly subject: string
  /** Of the record that had failed. */
  readonly place: string
}

export function mendedLetters(history: History): Mended[] {
  return history.allCommitted(topics.redrive).flatMap(entry => {
    const letter = history.value<DeadLetter>(topics.redrive, entry)
    if (letter?.replay_id !== mendedId) return []
    const { dead_letter_id: letterId, attempt, origin, origin_key: key, event_id: id } = letter
    const subject = subjectOf(key === null ? '' : Buffer.from(key), id ?? '')
    const stage = String(entry.record.headers[headerNames.stage])
    return [{ stage, letterId, attempt, subject, place: placeOf(origin) }]
  })
}

export function subjectOf(key: Buffer | string | null, eventId: string): string {
  return `${String(key)} ${eventId}`
}
