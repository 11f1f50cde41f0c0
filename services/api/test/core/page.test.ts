import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pageOf, readLimit } from '../../src/core/page.ts'
import type { Page } from '../../src/core/page.ts'

test('the pages of a list, one after the other, are the list in order', () => {
  const ids = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 30 })
  fc.assert(
    fc.property(ids, fc.integer({ min: 1, max: 7 }), (all, limit) => {
      const rows = all.map(id => [id, id] as const)
      const read: string[] = []
      let after: string | null = null
      do {
        const page: Page<string> = pageOf(rows, limit, after)
        assert.ok(page.items.length <= limit)
        read.push(...page.items)
        after = page.next
      } while (after !== null)
      assert.deepEqual(
        read,
        all.toSorted((left, right) => (left < right ? -1 : 1)),
      )
    }),
  )
})

const limits: [string | null, number | null][] = [
  [null, 100],
  ['1', 1],
  ['500', 500],
  ['501', null],
  ['0', null],
  ['-1', null],
  ['1.5', null],
  ['', null],
  ['1e2', null],
]
for (const [text, limit] of limits) {
  test(`limit ${text} is ${limit}`, () => assert.equal(readLimit(text), limit))
}
