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
  newestReleased,
  readDeclarations,
  readSchemas,
  releasedRecords,
  removalProblems,
} from '@fleet/contract-kit'
import { stageNames } from '@fleet/contracts'
import { knownEventTypes } from '@fleet/sources'
import { changelogText, completedChangelog } from '../../infra/schemas/changelog.ts'
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
    const texts = released.map(({ text }) => text)
    assert.deepEqual(deprecationProblems(current, texts), [])
  }
})

test('nothing goes before its time: fields with the next major topic, records with their topic', () => {
  const current = new Map([...schemas].map(([record, each]) => [record, each.current] as const))
  assert.deepEqual(removalProblems({ released: newestReleased(), current, today }), [])
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
