import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TurnGate } from '../../src/core/turn-gate.ts'

const ageMsMax = 100

/** Turns of one length, one after another; the time at the end. */
function turns(gate: TurnGate, fromMs: number, lastsMs: number, count: number): number {
  let nowMs = fromMs
  for (let i = 0; i < count; i++) {
    gate.begin(nowMs)
    nowMs += lastsMs
    gate.end(nowMs)
  }
  return nowMs
}

test('one long turn refuses nobody, nor do turns as long as they may be', () => {
  const gate = new TurnGate(ageMsMax)
  gate.begin(0)
  assert.equal(gate.admits(10_000), true)
  gate.end(10_000)
  const nowMs = turns(gate, 10_000, 100, 50)
  gate.begin(nowMs)
  assert.equal(gate.admits(nowMs + 101), true)
})

test('after two seconds of long turns, what a turn comes to late is refused', () => {
  const gate = new TurnGate(ageMsMax)
  const nowMs = turns(gate, 0, 101, 20)
  gate.begin(nowMs)
  assert.equal(gate.admits(nowMs), true)
  assert.equal(gate.admits(nowMs + 100), true)
  assert.equal(gate.admits(nowMs + 101), false)
})

test('refusing takes no more than 15 % of a turn, however long it is', () => {
  const gate = new TurnGate(ageMsMax)
  const nowMs = turns(gate, 0, 400, 6)
  gate.begin(nowMs)
  const times = Array.from({ length: 10_000 }, (_, index) => nowMs + index)
  const refused = times.filter(ms => !gate.admits(ms)).length
  assert.ok(refused > 1400 && refused <= 1500, String(refused))
})

test('the first turn that is short enough ends it', () => {
  const gate = new TurnGate(ageMsMax)
  const nowMs = turns(gate, turns(gate, 0, 400, 6), 100, 1)
  gate.begin(nowMs)
  assert.equal(gate.admits(nowMs + 110), true)
})

test('a turn takes as long as the last one, or as the present one where that is longer', () => {
  const gate = new TurnGate(ageMsMax)
  assert.equal(gate.turnMs(0), 0)
  gate.begin(0)
  gate.end(40)
  assert.equal(gate.turnMs(1000), 40)
  gate.begin(2000)
  assert.equal(gate.turnMs(2010), 40)
  assert.equal(gate.turnMs(2100), 100)
  gate.end(2010)
  assert.equal(gate.turnMs(3000), 10)
})
