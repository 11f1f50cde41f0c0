import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { UsageError } from '../src/exit-code.ts'
import { readArgumentFile } from '../src/read-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'fleet-read-'))
after(() => rmSync(folder, { recursive: true }))

test('a file is read whole, one that has no end is refused', async () => {
  const file = join(folder, 'body.json')
  writeFileSync(file, '{"a":1}')
  assert.equal((await readArgumentFile(file)).toString(), '{"a":1}')
  for (const path of ['/dev/zero', folder, join(folder, 'none')]) {
    await assert.rejects(readArgumentFile(path), UsageError)
  }
})
