// How many dead letters each stage has. They are an answer, not a fault: nothing was lost, and somebody
// may want to look.

import { stageNames, topics } from '@fleet/contracts'
import type { Kafka } from '../kafka.ts'
import { followTopic } from '../tail/follow-topic.ts'
import type { Context } from '../verb.ts'
import { well } from './check.ts'
import type { Check } from './check.ts'

/** Counting reads them; beyond this the exact number says nothing more. */
const countMax = 10_000

export async function deadLetterChecks(context: Context, kafka: Kafka): Promise<Check[]> {
  const counts = await Promise.all(
    stageNames.map(async stage => {
      let count = 0
      const plan = {
        topic: topics.deadLetters[stage].name,
        start: 'earliest',
        recordsMax: countMax,
        timeoutMs: 0,
        partition: null,
        accept: () => true,
      } as const
      await followTopic(context, kafka, plan, records => {
        count += records.length
        return Promise.resolve()
      })
      return { stage, count }
    }),
  )
  const some = counts.filter(({ count }) => count > 0)
  if (some.length === 0) return [well('dead letters', 'none')]
  const list = some.map(
    ({ stage, count }) => `${stage} ${count}${count === countMax ? ' or more' : ''}`,
  )
  const [first] = some
  const look = `fleet dlq list --stage ${first?.stage ?? ''} --status any`
  return [well('dead letters', `${list.join(', ')} (see them: ${look})`)]
}
