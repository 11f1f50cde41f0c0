import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  changesBetween,
  checkDeclarations,
  deprecationProblems,
  fieldsOf,
  sampleProblems,
} from '@fleet/contract-kit'
import { FleetError } from '@fleet/runtime'
import * as fc from 'fast-check'

function isInvalid(error: unknown): boolean {
  return error instanceof FleetError && error.code === 'CONTRACT_INVALID'
}

const nested = (depth: number): string =>
  `${'{"type":"array","items":'.repeat(depth)}"int"${'}'.repeat(depth)}`
const withField = (type: string): string =>
  `{"type":"record","name":"R","fields":[{"name":"a","type":${type}}]}`

const refused: readonly [string, string][] = [
  ['no JSON', '{'],
  ['no record', '"int"'],
  ['a record without a name', '{"type":"record","fields":[]}'],
  ['fields that are no list', '{"type":"record","name":"R","fields":5}'],
  ['a field without a name', '{"type":"record","name":"R","fields":[{"type":"int"}]}'],
  ['symbols that are no texts', withField('{"type":"enum","name":"E","symbols":[1]}')],
  ['a name that is no text', withField('{"type":"enum","name":1,"symbols":[]}')],
  ['nesting without end', withField(nested(100_000))],
]

for (const [what, text] of refused) {
  test(`${what} is refused`, () => assert.throws(() => fieldsOf(text), isInvalid))
}

test('a record within itself and types by reference are read', () => {
  const text = withField('["null", "R"]').replace(
    '"fields":[',
    '"fields":[{"name":"b","type":"R"},',
  )
  const types = [...fieldsOf(text)].map(([path, { type }]) => [path, type])
  assert.deepEqual(types, [
    ['', 'R'],
    ['b', 'R'],
    ['a', 'R?'],
  ])
})

test('the long way to write a type is the short way', () => {
  const { ownType } = fieldsOf(withField('{"type":"string"}')).get('a') ?? {}
  assert.equal(ownType, 'string')
  const union = fieldsOf(withField('["null","int","string"]')).get('a')
  assert.equal(union?.ownType, 'union<int|string>?')
})

test('whatever is taken for a schema is judged or refused, never a crash', () => {
  const type = fc.letrec(tie => ({
    type: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('int', 'string', 'R', 'Nobody', 'null', '__proto__'),
      fc.jsonValue({ maxDepth: 2 }),
      fc.array(tie('type'), { maxLength: 3 }),
      fc.record({ type: fc.constant('array'), items: tie('type') }),
      fc.record({ type: fc.constant('map'), values: tie('type') }),
      fc.record({ type: tie('type'), logicalType: fc.constantFrom('timestamp-micros', 'x') }),
      fc.record({
        type: fc.constant('record'),
        name: fc.constantFrom('A', 'R', '__proto__'),
        fields: fc.array(fc.record({ name: fc.string(), type: tie('type') }), { maxLength: 3 }),
      }),
    ),
  })).type
  fc.assert(
    fc.property(type, fc.jsonValue(), (made, sample) => {
      const text = withField(JSON.stringify(made))
      try {
        fieldsOf(text)
      } catch (error) {
        assert.ok(isInvalid(error))
        return
      }
      deprecationProblems(text, '2026-11-21')
      sampleProblems(text, { a: sample })
      changesBetween(text, withField('"int"'))
      const catalog = {
        topics: new Map([['t', 'R']]),
        records: new Map([['R', { current: text, released: [] }]]),
        vocabulary: () => null,
        today: '2026-11-21',
      }
      const expected = { type: 'int', required: true, values: ['x'], others: 'fail' } as const
      const reads = [{ topic: 't', fields: { a: expected }, samples: [] }]
      const who = { consumer: 'c', owner: 'o', contact: 'k', schema: 'own' } as const
      checkDeclarations([{ ...who, reads }], catalog)
    }),
    { numRuns: 500 },
  )
})
