// Part of making a release: keeps each schema that changed since the last one as its next version in
// schemas/released/, its checksum, its day and an entry of schemas/CHANGELOG.md with it. Refuses, before
// anything is written, what consumers could not follow, deprecations without their time and what went
// before its time.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { incompatibilities } from '@fleet/codec'
import {
  deprecationProblems,
  readSchemas,
  releaseDays,
  releasedHistory,
  removalProblems,
} from '@fleet/contract-kit'
import type { RecordSchemas, ReleasedText } from '@fleet/contract-kit'
import { changelogFile, completedChangelog } from './changelog.ts'
import { checksums, checksumsFile, datesFile, releasedDirectory, sameSchema } from './released.ts'

export interface PlannedVersion {
  /** Below schemas/released/. */
  readonly file: string
  readonly text: string
}

/**
 * The versions that a release on this day adds.
 * @throws Error: the first thing that may not be released.
 */
export function plannedVersions(
  schemas: ReadonlyMap<string, RecordSchemas>,
  history: ReadonlyMap<string, readonly ReleasedText[]>,
  today: string,
): PlannedVersion[] {
  const current = new Map([...schemas].map(([record, each]) => [record, each.current] as const))
  const [gone] = removalProblems({ released: history, current, today })
  if (gone !== undefined) throw new Error(gone)
  return [...schemas].flatMap(([record, { current: text, released }]) => {
    const newest = released.at(-1)
    if (newest !== undefined && sameSchema(newest.text, text)) return []
    for (const { version, text: earlier } of released) {
      const [problem] = incompatibilities(text, earlier)
      if (problem !== undefined) throw new Error(`${record} against version ${version}: ${problem}`)
    }
    const [promise] = deprecationProblems(text, today, released)
    if (promise !== undefined) throw new Error(promise)
    return [{ file: `${record}/${(newest?.version ?? 0) + 1}.avsc`, text }]
  })
}

function release(): void {
  const today = new Date().toISOString().slice(0, 10)
  const days = releaseDays()
  for (const { file, text } of plannedVersions(readSchemas(), releasedHistory(), today)) {
    mkdirSync(dirname(`${releasedDirectory}${file}`), { recursive: true })
    writeFileSync(`${releasedDirectory}${file}`, text)
    days[file] = today
    process.stdout.write(`${file}\n`)
  }
  const files = Object.keys(checksums())
  const kept = Object.fromEntries(files.map(file => [file, days[file]]))
  writeFileSync(datesFile, `${JSON.stringify(kept, null, 2)}\n`)
  writeFileSync(checksumsFile, `${JSON.stringify(checksums(), null, 2)}\n`)
  writeFileSync(changelogFile, completedChangelog())
}

if (process.argv[1] === fileURLToPath(import.meta.url)) release()
