// `fleet dlq show`: one letter with its record decoded, and every act on it.

import { allTopics } from '@fleet/contracts'
import type { DeadLetter } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import type { FoundLetter, LetterAct, LetterLog } from '@fleet/dlq'
import { codeOf, messageOf } from '@fleet/runtime'
import { exitCodes } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { readableOf } from '../tail/readable.ts'
import { jsonOf } from '../tail/shown-record.ts'
import { printJson } from '../verb.ts'
import type { Context } from '../verb.ts'
import { withDeadLetters } from './dead-letters.ts'
import { readFilter } from './filter.ts'
import { wholeOf } from './shown-letter.ts'

export async function showLetter(context: Context, id: string): Promise<ExitCode> {
  const filter = readFilter({}, [id])
  const { json, terminal } = context
  return withDeadLetters(context, async ({ letters, codec }) => {
    for await (const found of letters.find(filter)) {
      const acts: LetterAct[] = []
      for await (const act of letters.acts(found.at.partition)) {
        if ('letter_id' in act && act.letter_id === id) acts.push(act)
      }
      const record = await decoded(found.letter, codec)
      const patched = await patchedOf(found, letters, codec)
      if (json) {
        const more = { record: jsonOf(record), ...(jsonOf(patched) as object) }
        printJson(context, { ...wholeOf(found), acts, ...more })
      } else {
        const { status, at, letter } = found
        const shown = { status, at, acts, record, ...patched, letter }
        terminal.write(`${JSON.stringify(readableOf(shown), null, 2)}\n`)
      }
      return exitCodes.ok
    }
    terminal.writeError(`There is no letter ${id}, or it is older than letters are kept.\n`)
    return exitCodes.failed
  })
}

/** A patched replay that failed: `record` is the patched event, which the next patch applies to. */
interface PatchedAttempt {
  is_patched: boolean
  /** As it came; only where `record` is not. */
  original_record?: unknown
}

export async function patchedOf(
  found: FoundLetter,
  letters: Pick<LetterLog, 'original'>,
  codec: Codec,
): Promise<PatchedAttempt> {
  const original = await letters.original(found)
  const [is, was] = [found.letter, original].map(
    ({ origin_value: value }) => value ?? new Uint8Array(),
  )
  if (is === undefined || was === undefined || Buffer.compare(is, was) === 0) {
    return { is_patched: false }
  }
  return { is_patched: true, original_record: await decoded(original, codec) }
}

/** What failed, as its topic's schema reads it; why not, where it does not. */
async function decoded({ origin, origin_value }: DeadLetter, codec: Codec): Promise<unknown> {
  const topic = allTopics.find(({ name }) => name === origin.topic)
  if (topic === undefined || topic.schema === null || origin_value === null) return null
  const value = Buffer.from(origin_value)
  try {
    await codec.prepare([value])
    return codec.decode(topic, value)
  } catch (error) {
    return { undecodable: `${codeOf(error)}: ${messageOf(error)}` }
  }
}
