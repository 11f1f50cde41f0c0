// A consumer may run any released version against records written by any other. After a change of a
// schema that is meant to be released: node --import tsx infra/schemas/release.ts

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { incompatibilities, missingDefaults } from '@fleet/codec'
import { recordFiles } from '@fleet/contracts'
import type { RecordName } from '@fleet/contracts'
import {
  allReleased,
  checksums,
  checksumsFile,
  currentSchema,
  releasedVersions,
} from '../../infra/schemas/released.ts'

const records = Object.keys(recordFiles) as RecordName[]

for (const record of records) {
  test(`${record}: this release and every released version read each other`, () => {
    const versions = releasedVersions(record)
    assert.ok(versions.length > 0, 'nothing is released yet')
    const current = currentSchema(record)
    for (const { version, text } of versions) {
      assert.deepEqual(incompatibilities(current, text), [], `against version ${version}`)
    }
  })
}

test('released versions read each other, in the order they were released', () => {
  for (const record of records) {
    const versions = releasedVersions(record)
    assert.deepEqual(
      versions.map(({ version }) => version),
      versions.map((_, index) => index + 1),
    )
    for (const next of versions) {
      for (const previous of versions.slice(0, next.version - 1)) {
        assert.deepEqual(incompatibilities(next.text, previous.text), [], next.file)
      }
    }
  }
})

test('every field of every released version has a default', () => {
  for (const { file, text } of allReleased()) {
    assert.deepEqual(missingDefaults(JSON.parse(text)), [], file)
  }
})

test('released files are never edited', () => {
  assert.deepEqual(checksums(), JSON.parse(readFileSync(checksumsFile, 'utf8')))
})

test('breaking a schema of ours is noticed, a nullable field passes', () => {
  const text = currentSchema('CrmRecord')
  const schema = JSON.parse(text) as { fields: { name: string }[] }
  const withFields = (fields: object[]) => JSON.stringify({ ...schema, fields })
  const extra = { name: 'note', type: ['null', 'string'], default: null }
  assert.deepEqual(incompatibilities(withFields([...schema.fields, extra]), text), [])
  const required = { name: 'note', type: 'string' }
  assert.notDeepEqual(incompatibilities(withFields([...schema.fields, required]), text), [])
  const without = schema.fields.filter(field => field.name !== 'status')
  assert.deepEqual(incompatibilities(withFields(without), text), ['CrmRecord.status was removed'])
  const symbols = text
    .replace(/"CURRENT",\s*"SUPERSEDED"/, '"SUPERSEDED"')
    .replace('"CURRENT"', '"SUPERSEDED"')
  assert.match(incompatibilities(symbols, text).join(), /lost the symbol CURRENT/)
})
