import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordFiles } from '@fleet/contracts'
import type { RecordName } from '@fleet/contracts'
import { incompatibilities, missingDefaults } from '../src/index.ts'
import { ownSchema } from '../src/schema-files.ts'

const id = { name: 'id', type: 'string', default: '' }
const time = { type: 'long', logicalType: 'timestamp-micros' }
const kind = (symbols: string[]) => ({
  type: 'enum',
  name: 'Kind',
  symbols,
  default: symbols[0],
})

function record(...fields: object[]): string {
  return JSON.stringify({ type: 'record', name: 'R', namespace: 'fleet.v1', fields })
}

const nested = (...fields: object[]) => ({
  name: 'inner',
  type: ['null', { type: 'record', name: 'Inner', fields }],
  default: null,
})
const list = (items: unknown) => ({ name: 'f', type: { type: 'array', items }, default: [] })
const of = (type: unknown, value: unknown) => ({ name: 'f', type, default: value })

const allowed: [rule: string, previous: string, next: string][] = [
  ['nothing changes', record(id), record(id)],
  ['a nullable field is added', record(id), record(id, of(['null', 'string'], null))],
  ['a field with a default is added in front', record(id), record(of(time, 0), id)],
  ['fields change places', record(id, of('int', 0)), record(of('int', 0), id)],
  [
    'a nested record gains a nullable field',
    record(nested(id)),
    record(nested(id, of(['null', 'int'], null))),
  ],
  [
    'an enum with a default gains a symbol',
    record(of(kind(['A']), 'A')),
    record(of(kind(['A', 'B']), 'A')),
  ],
  ['a description changes', record(id), record({ ...id, doc: 'new' })],
]

for (const [rule, previous, next] of allowed) {
  test(`may follow: ${rule}`, () => assert.deepEqual(incompatibilities(next, previous), []))
}

const refused: [rule: string, previous: string, next: string, reason: RegExp][] = [
  [
    'a field without a default is added',
    record(id),
    record(id, { name: 'f', type: 'string' }),
    /default/,
  ],
  [
    'a field without a default is removed',
    record(id, { name: 'f', type: 'string' }),
    record(id),
    /default/,
  ],
  ['a field with a default is removed', record(id, of('int', 0)), record(id), /R\.f was removed/],
  [
    'a nested field is removed',
    record(nested(id, of('int', 0))),
    record(nested(id)),
    /inner\.f was removed/,
  ],
  [
    'a field is renamed',
    record(of('int', 0)),
    record({ name: 'g', type: 'int', default: 0 }),
    /R\.f was removed/,
  ],
  [
    'a field loses its default',
    record(id),
    record({ name: 'id', type: 'string' }),
    /R\.id has no default/,
  ],
  ['int becomes long', record(of('int', 0)), record(of('long', 0)), /can't read/],
  ['string becomes bytes', record(of('string', '')), record(of('bytes', '')), /string to bytes/],
  [
    'items change from string to bytes',
    record(list('string')),
    record(list('bytes')),
    /f\[\] changed/,
  ],
  [
    'a time becomes a number',
    record(of(time, 0)),
    record(of('long', 0)),
    /timestamp-micros to long/,
  ],
  [
    'microseconds become milliseconds',
    record(of(time, 0)),
    record(of({ ...time, logicalType: 'timestamp-millis' }, 0)),
    /timestamp-micros to long timestamp-millis/,
  ],
  [
    'a nullable field becomes required',
    record(of(['null', 'string'], null)),
    record(of('string', '')),
    /can't read/,
  ],
  [
    'a union loses a branch',
    record(of(['null', 'string', 'int'], null)),
    record(of(['null', 'string'], null)),
    /can't read/,
  ],
  [
    'an enum loses a symbol',
    record(of(kind(['A', 'B']), 'A')),
    record(of(kind(['A']), 'A')),
    /lost the symbol B/,
  ],
  [
    'an enum without a default gains one',
    record(of({ ...kind(['A']), default: undefined }, 'A')),
    record(of({ ...kind(['A', 'B']), default: undefined }, 'A')),
    /can't read/,
  ],
  ['the record is renamed', record(id), record(id).replace('"R"', '"S"'), /can't read/],
  ['the namespace changes', record(id), record(id).replace('fleet.v1', 'fleet.v2'), /can't read/],
]

for (const [rule, previous, next, reason] of refused) {
  test(`must not follow: ${rule}`, () => {
    assert.match(incompatibilities(next, previous).join('\n'), reason)
  })
}

test('every field of every schema has a default, and every enum too', () => {
  for (const name of Object.keys(recordFiles) as RecordName[]) {
    const { text } = ownSchema(name)
    assert.deepEqual(missingDefaults(JSON.parse(text)), [], name)
    for (const [enumeration] of text.matchAll(/\{"type":"enum"[^}]*\}/g)) {
      assert.match(enumeration, /"default":"[A-Z]+"/, name)
    }
  }
})

test('every record of ours may gain a nullable field and may not lose one', () => {
  for (const name of Object.keys(recordFiles) as RecordName[]) {
    const { text } = ownSchema(name)
    const schema = JSON.parse(text) as { fields: object[] }
    const longer = [...schema.fields, of(['null', 'string'], null)]
    const shorter = schema.fields.slice(1)
    assert.deepEqual(
      incompatibilities(JSON.stringify({ ...schema, fields: longer }), text),
      [],
      name,
    )
    assert.ok(
      incompatibilities(JSON.stringify({ ...schema, fields: shorter }), text).length > 0,
      name,
    )
  }
})
