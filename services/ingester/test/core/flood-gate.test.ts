import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FloodGate } from '../../src/core/flood-gate.ts'

const wall = 1_700_000_000_000
const at = (elapsedMs: number) => ({ elapsedMs, wallMs: wall + elapsedMs })

test('ten a minute for one key; the eleventh record tells how many were held back and since when', () => {
  const gate = new FloodGate<string>({ perKeyMinute: 10, perProcessSecond: 100, keysMax: 10 })
  for (let i = 0; i < 10; i++) {
    const expected = { count: 1, firstAtMs: wall + i, lastAtMs: wall + i }
    assert.deepEqual(
      gate.pass('a', at(i), () => 'x'),
      expected,
    )
  }
  for (let i = 10; i < 500; i++)
    assert.equal(
      gate.pass('a', at(i), () => 'x'),
      null,
    )
  assert.deepEqual(
    gate.pass('b', at(500), () => 'x'),
    {
      count: 1,
      firstAtMs: wall + 500,
      lastAtMs: wall + 500,
    },
  )
  assert.equal(
    gate.pass('a', at(59_999), () => 'x'),
    null,
  )
  assert.deepEqual(
    gate.pass('a', at(60_000), () => 'x'),
    {
      count: 492,
      firstAtMs: wall + 10,
      lastAtMs: wall + 60_000,
    },
  )
})

test('a hundred a second for the process, whatever the keys', () => {
  const gate = new FloodGate<string>({ perKeyMinute: 10, perProcessSecond: 100, keysMax: 10_000 })
  const passed = (fromKey: number, elapsedMs: number): number =>
    Array.from({ length: 300 }, (_, i) =>
      gate.pass(`${fromKey + i}`, at(elapsedMs), () => 'x'),
    ).filter(occurrences => occurrences !== null).length
  assert.equal(passed(0, 0), 100)
  assert.equal(passed(1000, 999), 0)
  assert.equal(passed(2000, 1000), 100)
})

test('keys are bounded', () => {
  const gate = new FloodGate<string>({ perKeyMinute: 1, perProcessSecond: 1000, keysMax: 3 })
  for (let i = 0; i < 100; i++) gate.pass(`${i}`, at(i), () => 'x')
  assert.equal(gate.keys, 3)
})

test('with few keys nothing is lost: records and what is still held add up', () => {
  const steps = fc.array(fc.record({ key: fc.constantFrom('a', 'b'), gapMs: fc.nat(20_000) }))
  fc.assert(
    fc.property(steps, list => {
      const gate = new FloodGate<string>({ perKeyMinute: 2, perProcessSecond: 2, keysMax: 2 })
      let elapsedMs = 0
      let told = 0
      for (const { key, gapMs } of list) {
        elapsedMs += gapMs
        told += gate.pass(key, at(elapsedMs), () => 'x')?.count ?? 0
      }
      // A minute later everything that was held is told with the next one.
      for (const [index, key] of ['a', 'b'].entries()) {
        told += gate.pass(key, at(elapsedMs + 120_000 + index * 2000), () => 'x')?.count ?? 0
      }
      return told === list.length + 2
    }),
  )
})

test('what was held back and that no other record tells is told after a minute, once', () => {
  const gate = new FloodGate<string>({ perKeyMinute: 2, perProcessSecond: 100, keysMax: 10 })
  for (let i = 0; i < 50; i++) gate.pass('a', at(i), () => `the one at ${i}`)
  assert.deepEqual(gate.overdue(60_001), [])
  const occurrences = { count: 48, firstAtMs: wall + 2, lastAtMs: wall + 49 }
  assert.deepEqual(gate.overdue(60_002), [{ subject: 'the one at 2', occurrences }])
  assert.deepEqual(gate.overdue(200_000), [])
  assert.equal(gate.pass('a', at(60_003), () => 'x')?.count, 1)
})

test('held back ones are told no faster than the process may, and at its end at once', () => {
  const gate = new FloodGate<string>({ perKeyMinute: 1, perProcessSecond: 5, keysMax: 100 })
  for (let i = 0; i < 20; i++) gate.pass(`${i}`, at(0), () => `${i}`)
  assert.equal(gate.overdue(500, 0).length, 0)
  assert.equal(gate.overdue(60_000).length, 5)
  assert.equal(gate.overdue(60_500).length, 0)
  assert.equal(gate.overdue(61_000).length, 5)
  assert.equal(gate.overdue(62_000, 0).length, 5)
})
