import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  declaredArbitrary,
  fieldsOf,
  readDeclarations,
  readSchemas,
  schemaArbitrary,
} from '@fleet/contract-kit'
import { allTopics } from '@fleet/contracts'
import avro from 'avsc'
import * as fc from 'fast-check'
import { currentText, declared } from './planted.ts'

for (const [record, { current }] of readSchemas()) {
  test(`${record}: whatever is made is a value of the schema`, () => {
    const type = avro.Type.forSchema(JSON.parse(current) as avro.Schema, { wrapUnions: 'never' })
    fc.assert(
      fc.property(schemaArbitrary(fc, current), value => {
        const problems: string[] = []
        type.isValid(withBuffers(value), { errorHook: path => problems.push(path.join('.')) })
        assert.deepEqual(problems, [])
      }),
      { numRuns: 50 },
    )
  })
}

function withBuffers(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (Array.isArray(value)) return value.map(withBuffers)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withBuffers(part)]))
}

test('every symbol, null and not null come, and times are times', () => {
  const values = fc.sample(schemaArbitrary(fc, currentText('ReservationEvent')), {
    numRuns: 200,
    seed: 1,
  })
  const seen = (name: string) => new Set(values.map(value => value[name]))
  assert.deepEqual(seen('disposition'), new Set(['CURRENT', 'SUPERSEDED']))
  assert.ok(seen('reason').has(null) && seen('reason').size > 2)
  const years = [...seen('occurred_at')].map(at => new Date(Number(at) / 1000).getUTCFullYear())
  assert.ok(years.every(year => year >= 2000 && year < 2100))
})

test('a declaration brings the values it knows, and others only when it ignores them', () => {
  const known = ['reservation.created', 'reservation.no_show']
  const typesWith = (others: string) => {
    const [read] = declared({ event_type: { type: 'string', values: known, others } }).reads
    assert.ok(read !== undefined)
    const made = declaredArbitrary(fc, currentText('ReservationEvent'), read, {
      tenant_id: fc.constant('demo'),
    })
    const values = fc.sample(made, { numRuns: 100, seed: 1 })
    assert.deepEqual(new Set(values.map(value => value['tenant_id'])), new Set(['demo']))
    return new Set(values.map(value => value['event_type']))
  }
  assert.deepEqual(typesWith('fail'), new Set(known))
  assert.ok(typesWith('ignored').size > known.length)
})

test('every declared field of our own consumers is there in whatever may come', () => {
  for (const { declaration } of readDeclarations()) {
    for (const read of declaration.reads) {
      const record = allTopics.find(topic => topic.name === read.topic)?.schema
      assert.ok(record !== undefined && record !== null)
      const schema = currentText(record)
      const [value] = fc.sample(declaredArbitrary(fc, schema, read), { numRuns: 1, seed: 1 })
      for (const path of Object.keys(read.fields)) {
        assert.ok(fieldsOf(schema).has(path))
        assert.ok(Object.hasOwn(value ?? {}, path.split(/[.[{]/)[0] ?? ''), path)
      }
    }
  }
})

test('an override deep inside is taken', () => {
  const made = schemaArbitrary(fc, currentText('JournalEntry'), {
    'lines[].account': fc.constant('assets:clearing'),
    'resource.type': fc.constant('charge'),
  })
  for (const value of fc.sample(made, { numRuns: 20, seed: 1 })) {
    const { lines, resource } = value as {
      lines: { account: string }[]
      resource: { type: string }
    }
    assert.ok(lines.every(({ account }) => account === 'assets:clearing'))
    assert.equal(resource.type, 'charge')
  }
})
