// What is generated is in step with what it is generated from. After a failure:
// node --import tsx infra/docs/generate.ts

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { allTopics, recordFiles, subjectOf } from '@fleet/contracts'
import { parse } from 'yaml'
import { publicTopics } from '../../infra/docs/asyncapi-document.ts'
import { errorCodes } from '../../infra/docs/errors-page.ts'
import { generatedFiles } from '../../infra/docs/generated-files.ts'
import { currentSchema } from '../../infra/schemas/released.ts'
import { repositoryFiles } from './source-files.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

test('every generated file is what the generator makes now', async () => {
  for (const [path, expected] of Object.entries(await generatedFiles())) {
    const actual = existsSync(new URL(path, root)) ? read(path) : ''
    assert.ok(
      actual === expected,
      `${path} is out of date: node --import tsx infra/docs/generate.ts`,
    )
  }
})

test('generating twice gives the same', async () => {
  assert.deepEqual(await generatedFiles(), await generatedFiles())
})

test('the package door names every generated record type', () => {
  const declared = [
    ...read('packages/contracts/src/records.ts').matchAll(/^export (?:interface|type) (\w+)/gm),
  ].map(match => match[1])
  const door = read('packages/contracts/src/index.ts')
  const named = /export type \{([^}]*)\} from '\.\/records\.ts'/.exec(door)?.[1] ?? ''
  assert.deepEqual(new Set(named.match(/\w+/g)), new Set(declared))
})

test('every schema file is the value of a topic', () => {
  const used = new Set<string | null>(allTopics.map(topic => topic.schema))
  for (const record of Object.keys(recordFiles)) {
    assert.ok(used.has(record), `${record} is the value of no topic`)
  }
})

interface AsyncApi {
  channels: Record<string, { address: string; messages: Record<string, { $ref: string }> }>
  components: { messages: Record<string, { payload: { schema: unknown } }> }
}

test('the AsyncAPI document is valid by its own parser', async () => {
  const { Parser } = await import('@asyncapi/parser')
  const { document, diagnostics } = await new Parser().parse(read('docs/generated/asyncapi.yaml'))
  const problems = diagnostics.filter(({ severity }) => severity <= 1)
  assert.deepEqual(
    problems.map(({ message, path }) => `${path.join('.')}: ${message}`),
    [],
  )
  const addresses = document
    ?.channels()
    .all()
    .map(channel => channel.address() ?? '')
  assert.deepEqual(addresses?.toSorted(), publicTopics.map(topic => topic.name).toSorted())
})

test('the AsyncAPI document gives each public topic the schema that is registered for it', () => {
  const document = parse(read('docs/generated/asyncapi.yaml')) as AsyncApi
  const channels = new Map(Object.values(document.channels).map(item => [item.address, item]))
  for (const topic of publicTopics) {
    const [message] = Object.values(channels.get(topic.name)?.messages ?? {})
    const payload = document.components.messages[message?.$ref.split('/').at(-1) ?? '']?.payload
    const schema = JSON.parse(currentSchema(topic.schema ?? 'Alert')) as unknown
    assert.deepEqual(payload?.schema, schema, subjectOf(topic))
  }
})

test('every code that is thrown or refused has a row in errors.md', async () => {
  const listed = new Set((await errorCodes()).map(({ code }) => code))
  const sources = repositoryFiles(/^(packages|services)\/[^/]+\/src\/.*\.ts$/)
  for (const path of sources.filter(file => !file.startsWith('packages/cli/'))) {
    const uses = read(path).matchAll(/(?:new FleetError|refuse)\(\s*'([A-Z][A-Z_]+)'/g)
    for (const [, code = ''] of uses) assert.ok(listed.has(code), `${path}: ${code}`)
  }
})

test('an error code has one fate wherever it stands', async () => {
  const fates = new Map<string, string>()
  for (const { code, fate, meaning, room } of await errorCodes()) {
    assert.match(code, /^[A-Z][A-Z0-9_]*$/, room)
    assert.match(fate, /^(transient|poison|fatal)$/, `${room} ${code}`)
    assert.match(meaning, /\.$/, `${room} ${code}: the meaning is a sentence`)
    assert.equal(fates.get(code) ?? fate, fate, `${code} has two fates`)
    fates.set(code, fate)
  }
})
