// How many dead letters of each stage are open. They are an answer, not a fault: nothing was lost, and
// somebody has to look.

import { stageNames } from '@fleet/contracts'
import type { StageName } from '@fleet/contracts'
import { everyLetter, LetterLog } from '@fleet/dlq'
import type { Kafka } from '../kafka.ts'
import { registryCodec } from '../registry.ts'
import type { Settings } from '../settings.ts'
import type { Context } from '../verb.ts'
import { well } from './check.ts'
import type { Check } from './check.ts'

/** Counting reads them; beyond this the exact number says nothing more. */
const countMax = 10_000

export async function deadLetterChecks(
  { clock, stopping }: Context,
  { registryUrl }: Settings,
  { admin, broker }: Kafka,
): Promise<Check[]> {
  const codec = await registryCodec(registryUrl, clock)
  const reader = await broker.openReader({ maxWaitMs: 100 })
  try {
    return [deadLetterCheck(await countOpen(new LetterLog({ admin, reader, stopping }, codec)))]
  } finally {
    await reader.close().catch(() => {})
  }
}

/** A letter that failed again is one letter; what was replayed or discarded is not open. */
export async function countOpen(
  letters: Pick<LetterLog, 'find'>,
): Promise<ReadonlyMap<StageName, number>> {
  const counts = new Map<StageName, number>()
  for (const stage of stageNames) {
    let count = 0
    for await (const { status } of letters.find({ ...everyLetter, stages: [stage] })) {
      if (status === 'open') count++
      if (count === countMax) break
    }
    if (count > 0) counts.set(stage, count)
  }
  return counts
}

export function deadLetterCheck(counts: ReadonlyMap<StageName, number>): Check {
  const [first] = counts.keys()
  if (first === undefined) return well('dead letters', 'none is open')
  const list = [...counts].map(
    ([stage, count]) => `${stage} ${count}${count === countMax ? ' or more' : ''}`,
  )
  return well('dead letters', `open: ${list.join(', ')}`, `fleet dlq list --stage ${first}`)
}
