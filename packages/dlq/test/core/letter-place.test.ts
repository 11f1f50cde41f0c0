import assert from 'node:assert/strict'
import { test } from 'node:test'
import { offsetBehind, placeText, readPlace } from '../../src/core/letter-place.ts'
import type { LetterPlace } from '../../src/core/letter-place.ts'

const ordered: LetterPlace[] = [
  { stage: 'processor', partition: 0, offset: 9 },
  { stage: 'processor', partition: 0, offset: 10 },
  { stage: 'processor', partition: 2, offset: 0 },
  { stage: 'processor', partition: 10, offset: 0 },
  { stage: 'crm-sink', partition: 0, offset: 0 },
]

test('places are ordered by stage, partition and offset, as numbers', () => {
  for (const [left, place] of ordered.entries()) {
    const { stage, partition, offset } = place
    for (const [right, other] of ordered.entries()) {
      const isBehind = offset >= offsetBehind(other, stage, partition)
      assert.equal(isBehind, left > right, `${placeText(place)} ${placeText(other)}`)
    }
  }
})

test('a place is read as it was shown', () => {
  for (const place of ordered) assert.deepEqual(readPlace(placeText(place)), place)
})

for (const text of [
  '',
  'processor',
  'processor/0',
  'nobody/0/0',
  'processor/-1/0',
  'processor/0/1e3',
]) {
  test(`"${text}" is no place`, () => assert.equal(readPlace(text), null))
}
