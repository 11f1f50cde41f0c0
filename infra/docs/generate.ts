// `node --import tsx infra/docs/generate.ts`: writes every generated document. Run it after changing
// schemas, topics, settings or error codes; test/tidy/generated.test.ts fails until it was run.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generatedFiles } from './generated-files.ts'

for (const [path, content] of Object.entries(await generatedFiles())) {
  const file = fileURLToPath(new URL(`../../${path}`, import.meta.url))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
  process.stdout.write(`wrote ${path}\n`)
}
