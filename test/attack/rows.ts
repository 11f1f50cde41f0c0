// Every row of the attack suite by name: what each run must have tried.

import { targets } from './adapters/targets.ts'
import { rows as apiRows } from './api/cases.ts'
import { rows as commandRows } from './cli/cases.ts'
import { rows as httpRows } from './http/attack.ts'

const rows: readonly string[] = [
  ...targets.map(({ name }) => name),
  ...httpRows,
  ...apiRows,
  'admin-api-fuzz',
  ...commandRows,
  'cli-killed',
  'schema-files',
]

/** Rows with no case in what was tried. */
export function missingRows(tried: Readonly<Record<string, number>>): string[] {
  return rows.filter(row => (tried[row] ?? 0) === 0)
}
