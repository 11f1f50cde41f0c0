import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { everyLetter } from '../../src/core/acts.ts'
import type { LetterFilter, ReplayStarted } from '../../src/core/acts.ts'
import { OpenReplays, overlap } from '../../src/core/overlap.ts'
import { matches } from '../../src/core/standing.ts'

const names = fc.constantFrom('a', 'b')
const some = fc.option(fc.uniqueArray(names, { minLength: 1 }))
const time = fc.option(fc.nat(4))
const filters: fc.Arbitrary<LetterFilter> = fc.record({
  stages: some,
  ids: some,
  codes: some,
  tenant: fc.option(names),
  types: some,
  from: time,
  to: time,
})
const letters = fc.record({
  stage: names,
  dead_letter_id: names,
  error_code: names,
  tenant_id: names,
  event_type: names,
  failed_at: fc.nat(4),
})

test('filters that both mean a letter overlap', () => {
  fc.assert(
    fc.property(filters, filters, letters, (left, right, letter) => {
      const both = [left, right].every(each => matches(each, letter as never))
      return !both || (overlap(left, right) && overlap(right, left))
    }),
  )
})

test('filters that can mean no letter in common do not', () => {
  const apart: [Partial<LetterFilter>, Partial<LetterFilter>][] = [
    [{ tenant: 'a' }, { tenant: 'b' }],
    [{ stages: ['a'] }, { stages: ['b'] }],
    [{ ids: ['a'] }, { ids: ['b'], tenant: 'a' }],
    [{ codes: ['a'] }, { codes: ['b'] }],
    [{ types: ['a'] }, { types: ['b'] }],
    [{ to: 5 }, { from: 5 }],
  ]
  for (const [left, right] of apart) {
    assert.equal(overlap({ ...everyLetter, ...left }, { ...everyLetter, ...right }), false)
    assert.ok(overlap({ ...everyLetter, ...left }, everyLetter))
  }
})

test('a replay waits for the oldest that began before it, until that has ended', () => {
  const begun = (id: string, tenant: string | null): ReplayStarted => ({
    kind: 'replay_started',
    replay_id: id,
    at: '',
    by: 'cli:me',
    reason: null,
    filter: { ...everyLetter, tenant },
    rate_per_second: 1,
    include_discarded: false,
    again: false,
    patch: null,
    ends: {},
  })
  const open = new OpenReplays()
  const [a, all, b] = [begun('1', 'a'), begun('2', null), begun('3', 'b')]
  for (const each of [a, all, b]) open.take(each)
  const waits = [a, all, b].map(each => open.before(each)?.replay_id)
  assert.deepEqual(waits, [undefined, '1', '2'])
  const counts = { at: '', matched: 0, sent: 0, refused: 0 }
  open.take({ kind: 'replay_finished', replay_id: '1', ...counts })
  assert.equal(open.before(all), null)
  assert.deepEqual(
    [...open.over(b.filter)].map(each => each.replay_id),
    ['2', '3'],
  )
})
