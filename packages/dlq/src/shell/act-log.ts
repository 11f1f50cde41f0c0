// Writes acts, each in the partition of the letter it is about; what is about a whole replay stands in
// partition 0.

import { topics } from '@fleet/contracts'
import type { Appender } from '@fleet/kafka'

import type { Act } from '../core/acts.ts'

export async function writeAct(
  appender: Pick<Appender, 'append'>,
  act: Act,
  partition = 0,
): Promise<void> {
  const key = 'letter_id' in act ? act.letter_id : act.replay_id
  const value = Buffer.from(JSON.stringify(act))
  await appender.append({ topic: topics.deadLetterActs.name, partition, key, value })
}
