// The short form of `main.ts`: every named case, and a few hundred requests of the fuzzer.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { apiAttacks, rows } from './cases.ts'
import { apiProperty, leftovers, operationIds } from './fuzz.ts'
import { violations } from './json-schema.ts'
import { openApiTarget } from './target.ts'

const target = await openApiTarget()
after(() => target.close())

/** Few enough for every run of the tests; each operation is asked some times. */
const runsEach = 700

/** A change is judged by itself, not by chance; `main.ts` asks by other seeds. */
const seed = 290_155_975

test('no row is without cases, and no two cases have one name', () => {
  assert.deepEqual([...new Set(apiAttacks.map(({ row }) => row))], [...rows])
  const names = apiAttacks.map(({ row, name }) => `${row}: ${name}`)
  assert.equal(new Set(names).size, names.length)
})

for (const attack of apiAttacks) {
  test(`${attack.row}: ${attack.name}`, () => attack.run(target))
}

test('admin-api-fuzz: whatever is asked, the answer is one that the OpenAPI document names', async () => {
  const tally = { seen: new Map<string, Map<number, number>>() }
  const parameters = { seed, numRuns: runsEach, includeErrorInReport: true }
  await fc.assert(apiProperty(target, tally), parameters)
  assert.deepEqual([...tally.seen.keys()].toSorted(), operationIds(target).toSorted())
})

test('nothing is left of it all: no secret in the log, no prototype changed, no fault of ours', () => {
  assert.deepEqual(leftovers(target), [])
})

const schemaCases: [string, Parameters<typeof violations>[0], unknown, number][] = [
  ['a type', { type: 'string' }, 1, 1],
  ['one of several types', { type: ['string', 'null'] }, null, 0],
  ['a missing member', { type: 'object', required: ['a'] }, {}, 1],
  ['an unknown member', { type: 'object', additionalProperties: false }, { a: 1 }, 1],
  ['one twice', { type: 'array', uniqueItems: true }, ['a', 'a'], 1],
  ['a number beyond', { type: 'integer', maximum: 3 }, 4, 1],
  ['no time', { type: 'string', format: 'date-time' }, '2026-13-01T00:00:00Z', 1],
]
for (const [name, schema, value, count] of schemaCases) {
  test(`the judge sees ${name}`, () => {
    assert.equal(violations(schema, value as never, {}).length, count)
  })
}
