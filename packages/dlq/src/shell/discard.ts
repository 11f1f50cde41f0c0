// Sets letters aside: an act with a reason, nothing is deleted. A discarded letter is listed as such and
// is replayed only when that is asked for.

import type { Appender } from '@fleet/kafka'
import type { Clock } from '@fleet/runtime'

import type { LetterFilter } from '../core/acts.ts'
import { writeAct } from './act-log.ts'
import type { LetterLog } from './letter-log.ts'

export interface DiscardRequest {
  readonly filter: LetterFilter
  readonly by: string
  readonly reason: string
  readonly dryRun: boolean
}

export interface Discarded {
  /** Open letters that matched. */
  matched: number
  discarded: number
  /** Letters that matched and are not open. */
  settled: number
}

export async function discardLetters(
  { filter, by, reason, dryRun }: DiscardRequest,
  ports: { letters: LetterLog; appender: Pick<Appender, 'append'>; clock: Clock },
): Promise<Discarded> {
  const { letters, appender, clock } = ports
  const report: Discarded = { matched: 0, discarded: 0, settled: 0 }
  for await (const { letter, at, status } of letters.find(filter)) {
    if (status !== 'open') {
      report.settled++
      continue
    }
    report.matched++
    if (dryRun) continue
    const act = {
      kind: 'discarded',
      letter_id: letter.dead_letter_id,
      stage: letter.stage,
      attempt: letter.attempt,
      at: new Date(clock.wallMs()).toISOString(),
      by,
      reason,
      replay_id: null,
      sent: [],
      patch: null,
    } as const
    await writeAct(appender, act, at.partition)
    report.discarded++
  }
  return report
}
