// `fleet dlq discard`

import { discardLetters } from '@fleet/dlq'
import { exitCodes, UsageError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { printJson } from '../verb.ts'
import type { Context } from '../verb.ts'
import { actorName, withDeadLetters } from './dead-letters.ts'
import { readFilter, refuseEverything } from './filter.ts'
import type { FilterOptions } from './filter.ts'

export interface DiscardOptions {
  reason: string
  dryRun: boolean
  all: boolean
}

export async function discard(
  context: Context,
  ids: readonly string[],
  options: FilterOptions & DiscardOptions,
): Promise<ExitCode> {
  const filter = readFilter(options, ids)
  refuseEverything(filter, options.all)
  const reason = options.reason.trim()
  if (reason === '') throw new UsageError('--reason must say why')
  const report = await withDeadLetters(context, async ({ letters, openAppender }) => {
    const request = { filter, by: actorName(), reason, dryRun: options.dryRun }
    return discardLetters(request, {
      letters,
      appender: await openAppender(),
      clock: context.clock,
    })
  })
  const { matched, discarded, settled } = report
  if (context.json) printJson(context, { dry_run: options.dryRun, ...report })
  else {
    const done = options.dryRun ? `${matched} would be discarded` : `${discarded} discarded`
    context.terminal.write(`${done}; ${settled} were not open.\n`)
  }
  return matched + settled === 0 && ids.length > 0 ? exitCodes.failed : exitCodes.ok
}
