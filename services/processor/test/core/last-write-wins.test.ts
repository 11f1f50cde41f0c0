import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { clampToAppend, compareStandings, compareUtf8 } from '../../src/core/last-write-wins.ts'

const wellFormed = fc.string({ unit: 'binary' })

test('text is ordered as the bytes of its UTF-8 form', () => {
  fc.assert(
    fc.property(wellFormed, wellFormed, (left, right) => {
      const expected = Buffer.compare(Buffer.from(left), Buffer.from(right))
      assert.equal(Math.sign(compareUtf8(left, right)), expected)
    }),
  )
})

test('a character beyond U+FFFF comes after U+FFFD, which UTF-16 order gets wrong', () => {
  const car = '\u{1F697}'
  const replacement = '\uFFFD'
  assert.ok(car < replacement)
  assert.ok(compareUtf8(car, replacement) > 0)
})

test('the later time wins, then the higher rank, then the greater id', () => {
  const standing = (effectiveAt: number, rank: number, eventId: string) => ({
    effectiveAt,
    rank,
    eventId,
  })
  const ascending = [
    standing(1, 4, 'z'),
    standing(2, 0, 'z'),
    standing(2, 1, 'A'),
    standing(2, 1, 'a'),
    standing(2, 1, 'aa'),
    standing(2, 1, 'b'),
  ]
  ascending.forEach((left, i) => {
    ascending.forEach((right, j) => {
      assert.equal(Math.sign(compareStandings(left, right)), Math.sign(i - j))
    })
  })
})

test('a time beyond append time and skew counts as that limit', () => {
  assert.equal(clampToAppend(5_000_000, 1000, 3_000_000), 4_000_000)
  assert.equal(clampToAppend(4_000_000, 1000, 3_000_000), 4_000_000)
  assert.equal(clampToAppend(3_999_999, 1000, 3_000_000), 3_999_999)
})
