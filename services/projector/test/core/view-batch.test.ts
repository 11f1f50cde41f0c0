import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { viewBatches } from '../../src/core/view-batch.ts'
import { viewEntryKey } from '@fleet/contracts'

test('a partition without records still moves its position', () => {
  assert.deepEqual(viewBatches([], 17), [{ entries: [], nextOffset: 17 }])
})

test('a tombstone becomes an empty value', () => {
  const [batch] = viewBatches([{ key: 'demo/vehicle/V1', value: null, offset: 4 }], 5)
  assert.deepEqual(batch?.entries, [
    { key: 'state:resource:demo/vehicle/V1', offset: 4, value: '' },
  ])
})

test('a value over the size limit goes alone', () => {
  const value = { text: 'x'.repeat(50) }
  const records = [1, 2, 3].map(offset => ({ key: 'k', value, offset }))
  const batches = viewBatches(records, 9, { entriesMax: 10, charactersMax: 40 })
  assert.deepEqual(
    batches.map(batch => batch.nextOffset),
    [2, 3, 9],
  )
})

test('cutting keeps every record in order, and no position is ahead of its entries', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(1000), { maxLength: 60 }),
      fc.integer({ min: 1, max: 7 }),
      (unsorted, entriesMax) => {
        const offsets = unsorted.toSorted((a, b) => a - b)
        const records = offsets.map(offset => ({ key: `k${offset}`, value: { offset }, offset }))
        const batches = viewBatches(records, 2000, { entriesMax, charactersMax: 100 })
        const flat = batches.flatMap(batch => batch.entries)
        assert.deepEqual(
          flat,
          records.map(({ key, value, offset }) => {
            return { key: viewEntryKey(key), offset, value: JSON.stringify(value) }
          }),
        )
        for (const [index, batch] of batches.entries()) {
          const following = batches[index + 1]?.entries[0]?.offset ?? 2000
          assert.equal(batch.nextOffset, following)
          assert.ok(batch.entries.length <= entriesMax)
        }
      },
    ),
  )
})
