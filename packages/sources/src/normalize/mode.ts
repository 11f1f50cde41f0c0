// Whether the sender marked a delivery as a test. One rule for every adapter, because a test event that
// counts as live books money and opens alerts.

import type { Mode } from '@fleet/contracts'
import type { BodyView } from '../body-view.ts'
import { toPath } from '../paths.ts'
import type { Path } from '../paths.ts'

/** Where a sender may say it. */
const modePaths: readonly Path[] = ['$.mode', '$.meta.mode'].map(toPath)
const testWords: readonly string[] = ['TEST', 'SIMULATED']

export function readMode(body: BodyView): Mode {
  for (const path of modePaths) {
    if (testWords.includes(wordAt(body, path))) return 'TEST'
  }
  return 'LIVE'
}

/** Adds the paths whose word the event's mode says; another word stays among the attributes. */
export function addHeldModePaths(body: BodyView, into: Path[]): void {
  for (const path of modePaths) {
    const word = wordAt(body, path)
    if (word === 'LIVE' || testWords.includes(word)) into.push(path)
  }
}

function wordAt(body: BodyView, path: Path): string {
  const value = body.at(path)
  return typeof value === 'string' ? value.toUpperCase() : ''
}
