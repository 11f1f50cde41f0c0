import assert from 'node:assert/strict'
import { test } from 'node:test'

import { differences } from '../../src/core/differences.ts'

const cases: [what: string, left: unknown, right: unknown, paths: string[]][] = [
  ['equal values', { a: [1, { b: null }] }, { a: [1, { b: null }] }, []],
  ['a member left out', { a: 1, amuont: 2 }, { a: 1 }, ['amuont']],
  [
    'a member filled in',
    { amount: { amount_minor: 1 } },
    { amount: { amount_minor: 1, currency: '' } },
    ['amount.currency'],
  ],
  ['a text where a record stands', { amount: '12' }, { amount: { amount_minor: 0 } }, ['amount']],
  ['a list and a record', { a: [1] }, { a: { 0: 1 } }, ['a']],
  ['items of a list', { a: [1, 2] }, { a: [1, 3] }, ['a.1']],
  ['bytes', { a: Buffer.from('x') }, { a: Buffer.from('y') }, ['a.0']],
  ['the whole', 1, 2, ['(value)']],
]
for (const [what, left, right, paths] of cases) {
  test(`${what}: ${paths.length === 0 ? 'no difference' : paths.join(', ')}`, () => {
    assert.deepEqual(differences(left, right), paths)
  })
}

test('no more paths than asked for', () => {
  assert.equal(differences([1, 2, 3], [4, 5, 6], 2).length, 2)
})
