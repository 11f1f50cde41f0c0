import assert from 'node:assert/strict'
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseEndpoints } from '@fleet/sources'
import { armedFile } from '../../src/endpoints/armed-file.ts'
import { replaceFile } from '../../src/endpoints/replace-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'fleet-endpoints-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const endpoint = (id: string) => ({
  id,
  tenant_id: 't',
  source: 's',
  adapter: 'smartcar',
  secrets: [{ id: 'k1', ref: 'file:k1' }],
  verify_armed_until: null,
})

test('arming changes one field of one endpoint', () => {
  const file = { version: 1, endpoints: [endpoint('a'), endpoint('b')] }
  const until = '2026-11-21T09:00:00.000Z'
  const text = armedFile(JSON.stringify(file), 'b', until)
  const armed = { ...endpoint('b'), verify_armed_until: until }
  assert.deepEqual(JSON.parse(text), { version: 1, endpoints: [endpoint('a'), armed] })
  const reading = parseEndpoints(text, 'development')
  assert.ok(reading.ok)
  assert.equal(reading.endpoints[1]?.verifyArmedUntilMs, Date.parse(until))
})

test('a file is replaced as a whole, with its rights, through a link, without leftovers', async () => {
  const target = join(folder, 'endpoints.json')
  const link = join(folder, 'link.json')
  writeFileSync(target, 'old')
  chmodSync(target, 0o640)
  symlinkSync(target, link)
  await replaceFile(link, 'new')
  assert.equal(readFileSync(target, 'utf8'), 'new')
  assert.equal(statSync(target).mode & 0o777, 0o640)
  assert.deepEqual(readdirSync(folder).toSorted(), ['endpoints.json', 'link.json'])
})
