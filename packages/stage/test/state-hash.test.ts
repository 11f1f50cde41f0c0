// The state hash says the same of the same live entries, whatever way they came, and something else of others.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { StateHash } from '../src/state-hash.ts'

const change = fc.tuple(
  fc.nat(30).map(n => `r/key ${n}`),
  fc.option(fc.uint8Array({ maxLength: 40 })),
)

test('any order, any compaction: only the live entries count', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), fc.infiniteStream(fc.nat()), (log, order) => {
      const hash = new StateHash()
      const live = new Map<string, Uint8Array>()
      for (const [key, value] of log) {
        hash.put(key, value)
        if (value === null) live.delete(key)
        else live.set(key, value)
      }
      const shuffled = [...live]
        .map(entry => ({ entry, at: order.next().value ?? 0 }))
        .toSorted((left, right) => left.at - right.at)
      const again = new StateHash()
      for (const { entry } of shuffled) again.put(...entry)
      assert.equal(hash.toString(), again.toString())
      assert.equal(hash.entries, live.size)
    }),
  )
})

test('another value, a missing entry, swapped values and one bit are all told', () => {
  const of = (...entries: readonly [string, string][]): string => {
    const hash = new StateHash()
    for (const [key, value] of entries) hash.put(key, Buffer.from(value))
    return hash.toString()
  }
  const known = new Set([
    of(['a', '1'], ['b', '2']),
    of(['a', '2'], ['b', '1']),
    of(['a', '1']),
    of(['a', '1'], ['b', '3']),
    of(['a', '1'], ['b', '2'], ['c', '']),
    of(['a', '1'], ['b', '2\0']),
    of(['a', '1'], ['b', '22222222']),
    of(['a', '1'], ['b', '22222223']),
    of(),
  ])
  assert.equal(known.size, 9)
})

test('values that differ in one word all have hashes of their own', () => {
  const bytes = Buffer.alloc(23)
  for (const at of [0, 4, 19]) {
    const all = new Set<string>()
    const hash = new StateHash()
    for (let n = 0; n < 100_000; n++) {
      bytes.writeUInt32LE(n, at)
      hash.put('k', bytes)
      all.add(hash.toString())
    }
    assert.equal(all.size, 100_000, `at byte ${at}`)
  }
})

test('the hash of given entries is fixed: it is kept in changelogs', () => {
  const hash = new StateHash()
  assert.equal(hash.toString(), '0000000000000000')
  hash.put('r/demo/vehicle/V1', Buffer.from('[2,1,5,[],[]]'))
  assert.equal(hash.toString(), '5e286348d0195041')
})

test('an entry takes at most 32 bytes', () => {
  const hash = new StateHash()
  const value = Buffer.from('x')
  for (let n = 0; n < 300_000; n++) {
    hash.put(`r/demo/vehicle/${n}`, value)
    if (n > 100_000 && n % 1000 === 0) assert.ok(hash.bytes / n <= 32, `${hash.bytes / n}`)
  }
  for (let n = 0; n < 300_000; n++) hash.put(`r/demo/vehicle/${n}`, null)
  assert.equal(hash.toString(), '0000000000000000')
  assert.equal(hash.entries, 0)
})
