// Hostile schema files: as a new version that is to be judged, and as the schema of a writer in the
// registry. Neither may crash, hang, change a prototype or be taken for what it is not.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { incompatibilities, memoryRegistry, openCodec } from '@fleet/codec'
import { recordFiles, topics } from '@fleet/contracts'
import { FleetError, systemClock } from '@fleet/runtime'

export interface SchemaAttack {
  readonly row: 'schema-files'
  readonly name: string
  run(): Promise<void>
}

const own = JSON.stringify(
  JSON.parse(
    readFileSync(new URL(`../../../schemas/${recordFiles.AlertSignal}`, import.meta.url), 'utf8'),
  ),
)

type Member = Record<string, unknown>
const ownSchema = JSON.parse(own) as { fields: Member[] } & Member
const record = (...fields: Member[]): string => JSON.stringify({ ...ownSchema, fields })
const withField = (field: Member): string => record(...ownSchema.fields, field)
const nested = (levels: number, open: string, close: string): string =>
  `${open.repeat(levels)}"int"${close.repeat(levels)}`
const array = (levels: number): string => nested(levels, '{"type":"array","items":', '}')
const long = 'A'.repeat(1_000_000)
const decimal = { type: 'bytes', logicalType: 'decimal', scale: -1 }

/** Name and text. Each is refused, or at least not read as an alert signal. */
const hostile: [string, string][] = [
  ['nothing', ''],
  ['no JSON', '{'],
  ['null', 'null'],
  ['a number', '7'],
  ['an unknown type', '"nothing"'],
  ['a list of nothing', '[]'],
  ['arrays 1,000 deep', array(1000)],
  ['arrays 30,000 deep', array(30_000)],
  ['brackets 100,000 deep', '['.repeat(100_000)],
  ['a union in a union', '["null",["null","int"]]'],
  ['one branch twice', '["int","int"]'],
  ['300,000 characters of name', `{"type":"record","name":"${'a'.repeat(300_000)}","fields":[]}`],
  ['an enum of 100,000 symbols', enumOf(100_000)],
  ['an enum with a symbol twice', '{"type":"enum","name":"E","symbols":["A","A"]}'],
  ['an enum with a bad symbol', '{"type":"enum","name":"E","symbols":["a-b","\\u0000"]}'],
  ['a record named ../../x', '{"type":"record","name":"../../x","fields":[]}'],
  ['a record named __proto__', '{"type":"record","name":"__proto__","fields":[]}'],
  ['a record named int', '{"type":"record","name":"int","fields":[]}'],
  ['a record without a name', '{"type":"record","fields":[]}'],
  ['fields that are no list', '{"type":"record","name":"R","fields":{"length":1e9}}'],
  ['a record of itself', '{"type":"record","name":"R","fields":[{"name":"r","type":"R"}]}'],
  ['a record of a type to come', '{"type":"record","name":"R","fields":[{"name":"r","type":"S"}]}'],
  ['a fixed of two gibibytes', '{"type":"fixed","name":"F","size":2147483648}'],
  ['a fixed of minus one', '{"type":"fixed","name":"F","size":-1}'],
  ['a field twice', record(...ownSchema.fields, ...ownSchema.fields)],
  ['a field named __proto__', record({ name: '__proto__', type: 'string', default: '' })],
  ['a field without a type', record({ name: 'kind', default: '' })],
  ['a default of another type', withField({ name: 'more', type: 'int', default: 'x' })],
  ['a default that is no branch', withField({ name: 'more', type: ['null', 'int'], default: 7 })],
  ['a default beyond 2^53', withField({ name: 'more', type: 'long', default: 2 ** 60 })],
  ['a field without a default', withField({ name: 'more', type: 'string' })],
  ['a field less', record(...ownSchema.fields.slice(1))],
  ['a type changed', record({ ...ownSchema.fields[0], type: 'bytes' }, ...ownSchema.fields.slice(1))],
  ['a megabyte of documentation', JSON.stringify({ ...ownSchema, type: 'enum', doc: long })],
  ['10 MB of fields', record(...Array.from({ length: 100_000 }, (_, i) => bigField(i)))],
  ['no namespace', JSON.stringify({ ...ownSchema, namespace: undefined })],
  ['another name', JSON.stringify({ ...ownSchema, name: 'Renamed' })],
  ['another name with the old one as alias', renamed({ aliases: [ownSchema['name']] })],
  ['a union of int and long', withField({ name: 'more', type: ['int', 'long'] })],
  ['a decimal without a precision', withField({ name: 'more', type: decimal })],
  ['a uuid that is a number', withField({ name: 'more', type: { type: 'int', logicalType: 'uuid' } })],
  ['a prototype in JSON', '{"__proto__":{"isAdmin":true},"type":"record","name":"R","fields":[]}'],
]

function renamed(more: Member): string {
  return JSON.stringify({ ...ownSchema, name: 'Renamed', ...more })
}

function bigField(index: number): Member {
  return { name: `field_${index}`, type: 'string', default: '', doc: 'x'.repeat(60) }
}

function enumOf(symbols: number): string {
  const names = Array.from({ length: symbols }, (_, index) => `S${index}`)
  return JSON.stringify({ type: 'enum', name: 'E', symbols: names })
}

const msMax = 20_000

function assertUnpolluted(): void {
  assert.equal(({} as { isAdmin?: unknown }).isAdmin, undefined, 'a prototype was changed')
}

function asNextVersion(text: string): Promise<void> {
  const started = performance.now()
  let reasons: readonly string[]
  try {
    reasons = incompatibilities(text, own)
  } catch (error) {
    assert.ok(error instanceof Error)
    reasons = [error.message]
  }
  assert.notDeepEqual(reasons, [], 'it was taken as the next version')
  assert.ok(performance.now() - started < msMax, 'it took too long')
  assertUnpolluted()
  return Promise.resolve()
}

/** An id of the registry that no schema of ours has. */
const foreignId = 4711

async function asWriter(text: string): Promise<void> {
  const started = performance.now()
  const registry = memoryRegistry()
  registry.put(foreignId, text)
  const codec = await openCodec({ registry, cacheFile: null, clock: systemClock })
  for (const payload of [Buffer.alloc(0), Buffer.alloc(64), Buffer.alloc(64, 0xff)]) {
    const value = Buffer.concat([Buffer.alloc(5), payload])
    value.writeUInt32BE(foreignId, 1)
    try {
      await codec.prepare([value])
      const read = codec.decode(topics.alertSignals, value) as object
      // What adds or loses nothing that counts can be read, as one of ours and with our members alone.
      const names = ownSchema.fields.map(({ name }) => name)
      assert.deepEqual(new Set(Object.keys(read)), new Set(names))
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error
      assert.ok(error instanceof FleetError, String(error))
      assert.ok(['UNDECODABLE', 'SCHEMA_UNKNOWN'].includes(error.code), error.code)
    }
  }
  assert.ok(performance.now() - started < msMax, 'it took too long')
  assertUnpolluted()
}

export const schemaAttacks: readonly SchemaAttack[] = hostile.flatMap(([name, text]) => [
  { row: 'schema-files', name: `${name}, as the next version`, run: () => asNextVersion(text) },
  { row: 'schema-files', name: `${name}, as a writer's schema`, run: () => asWriter(text) },
])
