// The attacks on command line and schema files as a program: named cases, one after the other.
// Ends with one line: RESULT and a JSON object.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cliAttacks } from './cli/cases.ts'
import { schemaAttacks } from './schemas/cases.ts'

const say = (text: string): boolean => process.stdout.write(`${text}\n`)

const classes: Record<string, number> = {}
let failed = 0
for (const attack of [...cliAttacks, ...schemaAttacks]) {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-attack-'))
  classes[attack.row] = (classes[attack.row] ?? 0) + 1
  try {
    await attack.run(folder)
  } catch (error) {
    failed += 1
    say(
      `FAILED ${attack.row}: ${attack.name}: ${error instanceof Error ? error.message : String(error)}`,
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
const cases = Object.values(classes).reduce((sum, count) => sum + count, 0)
say(`RESULT ${JSON.stringify({ name: 'attack-named', cases, classes, failed })}`)
process.exitCode = failed === 0 ? 0 : 1
