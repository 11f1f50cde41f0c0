// What a task keeps of its letters: who may come back at which attempt, and how many at most.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { topics } from '@fleet/contracts'
import fc from 'fast-check'
import { OpenLetters } from '../src/open-letters.ts'

const retentionMs = (topics.deadLetters.processor.retentionDays ?? 0) * 86_400_000
const nowMs = 1_800_000_000_000

function written(letters: OpenLetters): Map<string, string | undefined> {
  return new Map(letters.after([]).map(({ key, value }) => [key, value?.toString()]))
}

test('the attempt of a letter is what was kept, after a commit and after a restore', () => {
  const attempts = fc.integer({ min: 1, max: 60_000 })
  const times = fc.integer({ min: 0, max: 4_000_000_000_000 })
  fc.assert(
    fc.property(attempts, times, (attempt, failedAtMs) => {
      const letters = new OpenLetters()
      letters.keep('a', { attempt, failedAtMs })
      const restored = new OpenLetters()
      for (const { key, value } of letters.after([])) restored.restore(key, value)
      assert.equal(letters.attemptOf('a'), attempt)
      letters.commit()
      assert.equal(letters.attemptOf('a'), attempt)
      assert.equal(restored.attemptOf('a'), attempt)
    }),
  )
})

test('a letter is forgotten when its topic no longer holds it, not before', () => {
  const letters = new OpenLetters()
  letters.keep('a', { attempt: 1, failedAtMs: nowMs + 1 })
  letters.commit()
  letters.advance(nowMs + 1 + retentionMs)
  assert.equal(letters.attemptOf('a'), 1)
  letters.advance(nowMs + retentionMs + 1001)
  assert.equal(letters.attemptOf('a'), null)
  letters.commit()
  assert.equal(letters.size, 0)
})

test('over the most there may be, the oldest make room, in the changelog too', () => {
  const letters = new OpenLetters(3)
  const keep = (id: string, attempt = 1): number => letters.keep(id, { attempt, failedAtMs: nowMs })
  for (const id of ['a', 'b', 'c']) assert.equal(keep(id), 0)
  letters.commit()
  assert.equal(keep('a', 2), 0, 'it is not one more')
  assert.equal(keep('d'), 1)
  assert.equal(keep('e'), 1)
  assert.equal(letters.attemptOf('b'), null)
  assert.deepEqual(written(letters).get('!letter/b'), undefined)
  assert.ok(written(letters).has('!letter/c'))
  letters.commit()
  assert.deepEqual(letters.sizes(), { letters: 3, letters_max: 3, letters_shed: 2 })
  assert.deepEqual(
    ['a', 'b', 'c', 'd', 'e'].map(id => letters.attemptOf(id)),
    [2, null, null, 1, 1],
  )
  letters.remove('a')
  assert.equal(keep('f'), 0, 'a letter that was processed has left room')
})
