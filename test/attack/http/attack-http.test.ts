// Every attack of the list, each a test with its row and name.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { rows } from './attack.ts'
import { assertNothingLeft, attacks, classesOf, runAttack } from './run.ts'
import { startTarget } from './target-process.ts'

const target = await startTarget()
const memoryBefore = await target.memoryBytes()
after(() => target.close())

test('no row is without cases, and no two cases have one name', () => {
  assert.deepEqual(Object.keys(classesOf(attacks)), [...rows])
  const names = attacks.map(({ row, name }) => `${row}: ${name}`)
  assert.equal(new Set(names).size, names.length)
})

for (const attack of attacks) {
  test(`${attack.row}: ${attack.name}`, () => runAttack(attack, target))
}

test('nothing is left of it all: no connection, no bytes, no memory', () =>
  assertNothingLeft(target, memoryBefore))
