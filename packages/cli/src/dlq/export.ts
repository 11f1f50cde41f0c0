// `fleet dlq export`: letters whole, one JSON object a line, bytes as base64.

import { open } from 'node:fs/promises'
import { messageOf } from '@fleet/runtime'
import { exitCodes, UsageError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import type { Context } from '../verb.ts'
import { lettersIn, withDeadLetters } from './dead-letters.ts'
import { readFilter } from './filter.ts'
import type { FilterOptions } from './filter.ts'
import { wholeOf } from './shown-letter.ts'

export interface ExportOptions {
  status: string
  out?: string
}

/** Letters may hold personal data: nobody else of the machine reads them. */
const fileMode = 0o600

export async function exportLetters(
  context: Context,
  options: FilterOptions & ExportOptions,
): Promise<ExitCode> {
  const filter = readFilter(options)
  const { out } = options
  const { terminal } = context
  const file = out === undefined ? null : await create(out)
  let count = 0
  try {
    await withDeadLetters(context, async ({ letters }) => {
      for await (const found of lettersIn(letters, filter, options.status)) {
        const line = `${JSON.stringify(wholeOf(found))}\n`
        if (file === null) terminal.write(line)
        else await file.write(line)
        count++
      }
    })
  } finally {
    await file?.close()
  }
  if (out !== undefined) terminal.writeError(`${count} letters written to ${out}.\n`)
  return exitCodes.ok
}

async function create(path: string) {
  try {
    return await open(path, 'wx', fileMode)
  } catch (error) {
    throw new UsageError(`${path} can not be made: ${messageOf(error)}`)
  }
}
