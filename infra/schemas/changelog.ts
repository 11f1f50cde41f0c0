// schemas/CHANGELOG.md of this repository. `node --import tsx infra/schemas/changelog.ts` adds the
// entries that are missing; releasing does so too. Entries that are there are never changed.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { completeChangelog, releasedRecords } from '@fleet/contract-kit'
import { schemasDirectory } from './released.ts'

export const changelogFile = `${schemasDirectory}CHANGELOG.md`

const preamble = `# Changes of the schemas

What each released version changed, by record; \`released/<Record>/<n>.avsc\` is the version itself. Every
version reads what every other wrote (FULL_TRANSITIVE), so a change is an addition unless it says
otherwise. How changes are made, announced and ended: [docs/schema-changes.md](../docs/schema-changes.md).
An entry is written when a version is released; its words may be improved, its fields stay named.
`

export function changelogText(): string {
  return existsSync(changelogFile) ? readFileSync(changelogFile, 'utf8') : preamble
}

export function completedChangelog(): string {
  return completeChangelog(changelogText(), releasedRecords())
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(changelogFile, completedChangelog())
  process.stdout.write('wrote schemas/CHANGELOG.md\n')
}
