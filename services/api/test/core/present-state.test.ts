import assert from 'node:assert/strict'
import { test } from 'node:test'
import { presentState } from '../../src/core/present-state.ts'
import { exampleState } from '../example-state.ts'

test('times are RFC 3339 in UTC with six digits', () => {
  const shown = presentState(exampleState())
  assert.equal(shown.updated_at, '2026-11-21T08:30:00.123456Z')
  assert.equal(shown.lineage.raw_timestamp, '2026-11-21T08:30:01.000000Z')
  assert.equal(shown.registers['vehicle']?.occurred_at, '2026-11-21T08:30:00.123456Z')
  assert.equal(shown.registers['vehicle']?.effective_at, '2026-11-21T08:30:00.123456Z')
  assert.equal(shown.signals['fuel']?.observed_at, '2026-11-21T08:29:59.000001Z')
})

test('a signal that never had a good value keeps null for its time', () => {
  assert.equal(presentState(exampleState()).signals['fuel']?.value_observed_at, null)
})

test('longs stay numbers and the input is not changed', () => {
  const state = exampleState()
  const shown = presentState(state)
  assert.equal(shown.version, 7)
  assert.equal(shown.lineage.raw_offset, 41)
  assert.deepEqual(state, exampleState())
})

test('a signal code may be any text', () => {
  const state = exampleState()
  const signal = state.signals['fuel']
  assert.ok(signal)
  state.signals = Object.fromEntries([['__proto__', signal]])
  assert.deepEqual(Object.keys(presentState(state).signals), ['__proto__'])
})
