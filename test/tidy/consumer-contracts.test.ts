// A change of a schema that breaks a declared consumer, ends a field too early or is not told fails
// here. What to do then stands in docs/schema-changes.md.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  catalogOf,
  changelogProblems,
  checkDeclarations,
  deprecationProblems,
  eventTypeVocabulary,
  findingText,
  readDeclarations,
  readSchemas,
  releaseDays,
  releasedHistory,
  releasedRecords,
  removalProblems,
} from '@fleet/contract-kit'
import type { RecordSchemas } from '@fleet/contract-kit'
import { stageNames } from '@fleet/contracts'
import { knownEventTypes } from '@fleet/sources'
import { changelogText, completedChangelog } from '../../infra/schemas/changelog.ts'
import { plannedVersions } from '../../infra/schemas/release.ts'
import { checksums } from '../../infra/schemas/released.ts'
import { read, repositoryFiles } from './source-files.ts'

const today = new Date().toISOString().slice(0, 10)
const schemas = readSchemas()

test('no declared consumer is broken by the schemas as they are', () => {
  const catalog = catalogOf(schemas, eventTypeVocabulary(knownEventTypes), today)
  const declarations = readDeclarations().map(({ declaration }) => declaration)
  assert.ok(declarations.length > 0)
  const errors = checkDeclarations(declarations, catalog).filter(each => each.severity === 'error')
  assert.deepEqual(errors.map(findingText), [])
})

test('every stage that reads normalized topics is a declared consumer', () => {
  const declared = new Set(readDeclarations().map(({ declaration }) => declaration.consumer))
  for (const stage of stageNames) {
    // It reads what the edge of the same release writes.
    if (stage === 'processor') continue
    const remedy = `${stage}: a row in infra/schemas/sink-declarations.ts`
    assert.ok(declared.has(stage), remedy)
  }
})

test('what is deprecated has both dates, a window and a way out, and no date is brought forward', () => {
  for (const { current, released } of schemas.values()) {
    assert.deepEqual(deprecationProblems(current, today, released), [])
  }
})

test('nothing goes before its time: fields with the next major topic, records with their topic', () => {
  const current = new Map([...schemas].map(([record, each]) => [record, each.current] as const))
  assert.deepEqual(removalProblems({ released: releasedHistory(), current, today }), [])
})

test('every released version has its day, and none is older than the one before it', () => {
  assert.deepEqual(Object.keys(releaseDays()), Object.keys(checksums()))
  for (const [record, versions] of releasedHistory()) {
    const days = versions.map(({ releasedOn }) => releasedOn)
    for (const day of days) assert.match(day, /^\d{4}-\d{2}-\d{2}$/, record)
    assert.deepEqual(days, days.toSorted(), record)
  }
})

function withSeverity(attributes: object): Map<string, RecordSchemas> {
  const planted = new Map(schemas)
  const crm = schemas.get('CrmRecord')
  assert.ok(crm !== undefined)
  const schema = JSON.parse(crm.current) as { fields: { name: string }[] }
  Object.assign(schema.fields.find(({ name }) => name === 'severity') ?? {}, attributes)
  return planted.set('CrmRecord', { ...crm, current: JSON.stringify(schema) })
}

const wayOut = { replacedBy: 'category' }

test('a release refuses a back-dated deprecation and takes one that begins with it', () => {
  const release = (attributes: object) =>
    plannedVersions(withSeverity({ ...wayOut, ...attributes }), releasedHistory(), '2027-01-01')
  assert.throws(
    () => release({ deprecatedSince: '2026-06-01', removeAfter: '2026-10-31' }),
    /CrmRecord\.severity has deprecatedSince 2026-06-01, but no release says so yet: .* 2027-01-01/,
  )
  assert.throws(
    () => release({ deprecatedSince: '2027-01-01', removeAfter: '2027-03-31' }),
    /can't end on 2027-03-31: .* at least 90 days from 2027-01-01, until 2027-04-01/,
  )
  const taken = release({ deprecatedSince: '2027-01-01', removeAfter: '2027-04-01' })
  assert.ok(taken.some(({ file }) => file.startsWith('CrmRecord/')))
})

test('a release refuses that a record is gone before the window from its first mark is over', () => {
  const without = new Map(schemas)
  without.delete('CrmRecord')
  const schema = JSON.parse(schemas.get('CrmRecord')?.current ?? '{}') as object
  const dates = { deprecatedSince: '2026-06-01', removeAfter: '2026-10-31' }
  const text = JSON.stringify({ ...schema, ...dates, replacedBy: 'CrmRecordV2' })
  const marked = { version: 1, text, releasedOn: '2026-12-01' }
  const release = (today: string) =>
    plannedVersions(without, new Map([['CrmRecord', [marked]]]), today)
  assert.throws(() => release('2027-03-01'), /CrmRecord is gone and was promised until 2027-03-01/)
  assert.doesNotThrow(() => release('2027-03-02'))
})

test('every released version has its entry in schemas/CHANGELOG.md', () => {
  const remedy = 'node --import tsx infra/schemas/changelog.ts'
  assert.deepEqual(changelogProblems(changelogText(), releasedRecords()), [], remedy)
  assert.equal(completedChangelog(), changelogText(), remedy)
})

test('the schema for editors knows every member that a declaration may have', () => {
  const known = new Set(Object.keys(propertiesIn(JSON.parse(read('schemas/consumer.schema.json')))))
  for (const path of repositoryFiles(/^packages\/contract-kit\/src\/declaration\.ts$/)) {
    const lists = read(path).matchAll(/onlyKnown\(value, \[([^\]]*)\]/g)
    const members = [...lists].flatMap(([, list = '']) => [...list.matchAll(/'([^']+)'/g)])
    assert.ok(members.length > 10)
    assert.deepEqual(new Set(members.map(([, name]) => name)), known)
  }
})

function propertiesIn(schema: unknown): Record<string, unknown> {
  if (typeof schema !== 'object' || schema === null) return {}
  const { properties = {}, definitions = {} } = schema as Record<string, Record<string, unknown>>
  const below = Object.values(definitions).map(propertiesIn)
  return Object.assign({}, properties, ...below) as Record<string, unknown>
}
