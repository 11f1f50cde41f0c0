// Options that say which letters are meant.

import { stageNames } from '@fleet/contracts'
import { everyLetter } from '@fleet/dlq'
import type { LetterFilter } from '@fleet/dlq'
import { parseTime } from '@fleet/sources'
import { UsageError } from '../exit-code.ts'

export interface FilterOptions {
  stage?: string[]
  code?: string[]
  tenant?: string
  type?: string[]
  from?: string
  to?: string
}

export function readFilter(options: FilterOptions, ids: readonly string[] = []): LetterFilter {
  const { stage, code, tenant, type, from, to } = options
  const stages: readonly string[] = stageNames
  for (const name of stage ?? []) {
    if (!stages.includes(name)) {
      throw new UsageError(`there is no stage "${name}". Known: ${stages.join(', ')}`)
    }
  }
  for (const id of ids) {
    if (!/^[0-9a-f]{32}$/.test(id)) {
      throw new UsageError(`"${id}" is no letter id: 32 hexadecimal digits, see fleet dlq list`)
    }
  }
  return {
    ...everyLetter,
    stages: stage ?? null,
    ids: ids.length === 0 ? null : [...ids],
    codes: code ?? null,
    tenant: tenant ?? null,
    types: type ?? null,
    from: readTime('--from', from),
    to: readTime('--to', to),
  }
}

/** A slip of the keyboard must not act on everything. */
export function refuseEverything(filter: LetterFilter, isAll: boolean): void {
  if (isAll || Object.values(filter).some(value => value !== null)) return
  throw new UsageError('name letters by id or filter, or say --all')
}

function readTime(option: string, text: string | undefined): number | null {
  if (text === undefined) return null
  const micros = parseTime(text)
  if (micros !== null) return micros
  throw new UsageError(`${option} must be a time such as 2026-11-21T08:00:00Z`)
}
