// Whether the sender marked a delivery as a test. One rule for every adapter, because a test event that
// counts as live books money and opens alerts.

import type { Mode } from '@fleet/contracts'
import { readPath } from '../paths.ts'
import type { Json } from '../strict-json.ts'

/** Where a sender may say it. */
const modePaths = ['$.mode', '$.meta.mode'] as const
const testWords: readonly string[] = ['TEST', 'SIMULATED']

export function readMode(body: Json): Mode {
  return modePaths.some(path => testWords.includes(wordAt(body, path))) ? 'TEST' : 'LIVE'
}

/** Where the body says what the event's mode now says; another word stays among the attributes. */
export function heldModePaths(body: Json): readonly string[] {
  return modePaths.filter(path => ['LIVE', ...testWords].includes(wordAt(body, path)))
}

function wordAt(body: Json, path: string): string {
  const value = readPath(body, path)
  return typeof value === 'string' ? value.toUpperCase() : ''
}
