// Removing many paths in one pass gives what removing them one after another gives.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'
import { withoutPaths } from '../src/attributes.ts'
import type { Json } from '../src/index.ts'

type Steps = readonly (string | number)[]

/** One path, as plainly as possible. */
function withoutOne(value: Json | undefined, [step, ...rest]: Steps): Json | undefined {
  if (value === undefined || step === undefined) return undefined
  if (typeof step === 'number') {
    if (!Array.isArray(value) || step >= value.length) return value
    const before = value as readonly Json[]
    const left = withoutOne(before[step], rest)
    if (left === before[step]) return value
    const items = before.map((item, index) => (index === step ? (left ?? null) : item))
    return items.every(item => item === null) ? undefined : items
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  if (!Object.hasOwn(value, step)) return value
  const entries = Object.entries(value).flatMap<[string, Json]>(([name, item]) => {
    const left = name === step ? withoutOne(item, rest) : item
    return left === undefined ? [] : [[name, left]]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

const names = fc.constantFrom('a', 'b', 'c')
const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>(tie => ({
  value: fc.oneof(
    { depthSize: 'medium' },
    fc.constantFrom<Json>(null, 1, 'x'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(names, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value
const path = fc.array(fc.oneof(names, fc.nat(2)), { minLength: 1, maxLength: 4 })

test('many paths at once remove what one after another removes', () => {
  fc.assert(
    fc.property(json, fc.array(path, { maxLength: 5 }), (value, paths) => {
      const texts = paths.map(
        steps => `$${steps.map(s => (typeof s === 'number' ? `[${s}]` : `.${s}`)).join('')}`,
      )
      const expected = paths.reduce<Json | undefined>((left, steps) => {
        return left === undefined ? undefined : withoutOne(left, steps)
      }, value)
      assert.deepEqual(withoutPaths(value, texts), expected)
    }),
    { numRuns: 2000 },
  )
})
