// The attacks on the command line, those of one row and place as one test.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { cliAttacks, rows } from './cases.ts'

test('no row is without cases, and no two cases have one name', () => {
  assert.deepEqual([...new Set(cliAttacks.map(({ row }) => row))], [...rows])
  const names = cliAttacks.map(({ row, name }) => `${row}: ${name}`)
  assert.equal(new Set(names).size, names.length)
})

for (const { row, name, run } of cliAttacks) {
  test(`${row}: ${name}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fleet-cli-'))
    try {
      await run(folder)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
}
