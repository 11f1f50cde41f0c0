// `fleet dlq list`

import { exitCodes, UsageError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { table } from '../terminal.ts'
import { printJson } from '../verb.ts'
import type { Context } from '../verb.ts'
import { lettersIn, withDeadLetters } from './dead-letters.ts'
import { readFilter } from './filter.ts'
import type { FilterOptions } from './filter.ts'
import { rowOf } from './shown-letter.ts'
import type { LetterRow } from './shown-letter.ts'

export interface ListOptions {
  status: string
  limit: string
}

export async function listLetters(
  context: Context,
  options: FilterOptions & ListOptions,
): Promise<ExitCode> {
  const filter = readFilter(options)
  const limit = wholeNumber('--limit', options.limit)
  const rows: LetterRow[] = []
  let more = false
  await withDeadLetters(context, async ({ letters }) => {
    for await (const found of lettersIn(letters, filter, options.status)) {
      more = rows.length === limit
      if (more) break
      rows.push(rowOf(found))
    }
  })
  if (context.json) printJson(context, { letters: rows, more })
  else show(context, rows, more)
  return exitCodes.ok
}

export function show(
  { terminal }: Pick<Context, 'terminal'>,
  rows: readonly LetterRow[],
  more: boolean,
): void {
  if (rows.length === 0) {
    terminal.write('No such letters.\n')
    return
  }
  const head = [
    'letter',
    'stage',
    'status',
    'failed at',
    'record',
    'event',
    'type',
    'code',
    'message',
  ]
  const cells = rows.map(row => [
    row.id,
    row.stage,
    row.status,
    row.failed_at,
    // The key begins with the tenant.
    row.key ?? row.tenant_id ?? '-',
    row.event_id ?? '-',
    row.event_type ?? '-',
    row.code,
    row.message,
  ])
  terminal.write(table(terminal, head, cells))
  if (more) terminal.write('There are more: narrow them down, or raise --limit.\n')
}

export function wholeNumber(option: string, text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= 1) return value
  throw new UsageError(`${option} must be a whole number of at least 1`)
}
