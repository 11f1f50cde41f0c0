import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KeyUses } from '../../src/core/key-uses.ts'

test('a million deliveries with a key are one use, the newest', () => {
  const uses = new KeyUses()
  for (let at = 1; at <= 1_000_000; at++) uses.note('levy', 'k1', at)
  assert.deepEqual(uses.take(10), [{ endpointId: 'levy', keyId: 'k1', atMs: 1_000_000 }])
  assert.deepEqual(uses.take(10), [])
})

test('no more are told at once than asked for; the others come next, each once', () => {
  const uses = new KeyUses()
  for (const endpoint of ['a', 'b', 'c']) {
    for (const key of ['k1', 'k2']) uses.note(endpoint, key, 1)
  }
  const told = [...uses.take(4), ...uses.take(4)].map(use => `${use.endpointId}/${use.keyId}`)
  assert.deepEqual(told, ['a/k1', 'a/k2', 'b/k1', 'b/k2', 'c/k1', 'c/k2'])
})

test('what could not be written is told again, unless it was used again meanwhile', () => {
  const uses = new KeyUses()
  uses.note('a', 'k1', 1)
  uses.note('a', 'k2', 1)
  const taken = uses.take(10)
  uses.note('a', 'k1', 2)
  uses.putBack(taken)
  assert.deepEqual(uses.take(10), [
    { endpointId: 'a', keyId: 'k1', atMs: 2 },
    { endpointId: 'a', keyId: 'k2', atMs: 1 },
  ])
})
