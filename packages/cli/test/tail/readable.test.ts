import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readableOf } from '../../src/tail/readable.ts'

test('bytes that are text are shown as text, others as base64', () => {
  const value = {
    body: Buffer.from('{"a":"é"}\n'),
    empty: Buffer.alloc(0),
    framed: Buffer.from([0, 0, 0, 0, 1]),
    broken: Buffer.from([0xff, 0xfe]),
    list: [{ value: Buffer.from('x') }],
  }
  assert.deepEqual(readableOf(value), {
    body: '{"a":"é"}\n',
    empty: '',
    framed: 'AAAAAAE=',
    broken: '//4=',
    list: [{ value: 'x' }],
  })
})

test('long bytes are cut and say how many there are', () => {
  assert.equal(
    readableOf(Buffer.alloc(300, 0)),
    `${'A'.repeat(64)}… (300 bytes, all of them with --json)`,
  )
  const body = readableOf(Buffer.from('x'.repeat(5000)))
  assert.equal(body, `${'x'.repeat(2000)}… (5000 bytes, all of them with --json)`)
})

test('times are RFC 3339, other numbers stay numbers', () => {
  const micros = 1_767_225_600_000_001
  assert.deepEqual(readableOf({ occurred_at: micros, ends_at: null, amount_minor: 5, count: 1 }), {
    occurred_at: '2026-01-01T00:00:00.000001Z',
    ends_at: null,
    amount_minor: 5,
    count: 1,
  })
})

interface Schema {
  type?: unknown
  name?: string
  logicalType?: string
}

/** Names of all fields below a schema, and whether each is a time. */
function fieldsOf(part: unknown, name = ''): [string, boolean][] {
  if (Array.isArray(part)) return part.flatMap(one => fieldsOf(one, name))
  if (typeof part !== 'object' || part === null) return []
  const schema = part as Schema & { fields?: (Schema & { name: string })[] }
  if (schema.logicalType !== undefined) return [[name, schema.logicalType === 'timestamp-micros']]
  const own = (schema.fields ?? []).flatMap(field => [
    ...(typeof field.type === 'string' ? [[field.name, false] as [string, boolean]] : []),
    ...fieldsOf(field.type, field.name),
  ])
  const { items, values, type } = part as { items?: unknown; values?: unknown; type?: unknown }
  return [...own, ...fieldsOf(items), ...fieldsOf(values), ...fieldsOf(type, name)]
}

test('every time of every schema is recognized by its name, and nothing else is', () => {
  const folder = new URL('../../../../schemas/', import.meta.url)
  const files = ['', 'events/'].flatMap(below =>
    readdirSync(new URL(below, folder))
      .filter(file => file.endsWith('.avsc'))
      .map(file => below + file),
  )
  const fields = files.flatMap(file =>
    fieldsOf(JSON.parse(readFileSync(new URL(file, folder), 'utf8'))),
  )
  assert.ok(fields.filter(([, isTime]) => isTime).length > 20)
  for (const [name, isTime] of fields) {
    const shown = (readableOf({ [name]: 0 }) as Record<string, unknown>)[name]
    assert.equal(typeof shown === 'string', isTime, name)
  }
})
