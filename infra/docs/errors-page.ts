// docs/generated/errors.md: every error code, what becomes of it and what it means, from the tables
// `codes` in the errors.ts of each package and service.

import { existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

export interface CodeEntry {
  code: string
  fate: string
  meaning: string
  room: string
}

export async function errorsPage(): Promise<string> {
  const entries = await errorCodes()
  const rows = entries.map(
    ({ code, fate, meaning, room }) => `| \`${code}\` | ${fate} | ${meaning} | \`${room}\` |`,
  )
  return [
    '# Error codes',
    '',
    'Generated from the `errors.ts` files by `infra/docs/generate.ts`; do not edit.',
    '',
    'The fate says what becomes of the work: transient errors are waited out with backoff and in',
    'order, poison puts the record into the dead letters, fatal stops the process with the code. A',
    'dead letter carries its code as `error_code`.',
    '',
    '| code | fate | meaning | where |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

/** All codes, by name. A code may stand in several rooms, but with one fate. */
export async function errorCodes(): Promise<CodeEntry[]> {
  const entries: CodeEntry[] = []
  for (const file of errorFiles()) {
    const room = relative(root, join(file, '../..'))
    const module = (await import(pathToFileURL(file).href)) as { codes?: unknown }
    for (const [code, { fate, meaning }] of Object.entries(tableOf(module.codes, room))) {
      entries.push({ code, fate, meaning, room })
    }
  }
  return entries.toSorted(
    (left, right) => compare(left.code, right.code) || compare(left.room, right.room),
  )
}

function errorFiles(): string[] {
  return ['packages', 'services']
    .flatMap(group => readdirSync(join(root, group)).map(name => join(root, group, name)))
    .map(room => join(room, 'src/errors.ts'))
    .filter(file => existsSync(file))
    .toSorted()
}

function tableOf(codes: unknown, room: string): Record<string, { fate: string; meaning: string }> {
  if (typeof codes === 'object' && codes !== null) {
    const values = Object.values(codes) as Record<string, unknown>[]
    if (values.every(value => typeof value['fate'] === 'string' && value['meaning'])) {
      return codes as Record<string, { fate: string; meaning: string }>
    }
  }
  throw new Error(`${room}/src/errors.ts must export codes: { CODE: { fate, meaning } }`)
}

function compare(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
