// Part of making a release: keeps each schema that changed since the last one as its next version in
// schemas/released/, the checksums and an entry of schemas/CHANGELOG.md with it. Refuses what consumers
// could not follow and deprecations without dates.

import { mkdirSync, writeFileSync } from 'node:fs'
import { incompatibilities } from '@fleet/codec'
import { deprecationProblems } from '@fleet/contract-kit'
import { recordFiles } from '@fleet/contracts'
import type { RecordName } from '@fleet/contracts'
import { changelogFile, completedChangelog } from './changelog.ts'
import {
  checksums,
  checksumsFile,
  currentSchema,
  releasedDirectory,
  releasedVersions,
  sameSchema,
} from './released.ts'

for (const record of Object.keys(recordFiles) as RecordName[]) {
  const text = currentSchema(record)
  const versions = releasedVersions(record)
  const newest = versions.at(-1)
  if (newest !== undefined && sameSchema(newest.text, text)) continue
  for (const { version, text: released } of versions) {
    const [problem] = incompatibilities(text, released)
    if (problem !== undefined) throw new Error(`${record} against version ${version}: ${problem}`)
  }
  const [promise] = deprecationProblems(
    text,
    versions.map(version => version.text),
  )
  if (promise !== undefined) throw new Error(promise)
  const next = (newest?.version ?? 0) + 1
  mkdirSync(`${releasedDirectory}${record}`, { recursive: true })
  writeFileSync(`${releasedDirectory}${record}/${next}.avsc`, text)
  process.stdout.write(`${record} version ${next}\n`)
}
writeFileSync(checksumsFile, `${JSON.stringify(checksums(), null, 2)}\n`)
writeFileSync(changelogFile, completedChangelog())
