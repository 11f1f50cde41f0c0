import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import fc from 'fast-check'

import { seenIdOf } from '../../src/core/seen-id.ts'

const part = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '\u007f', 'ü', '\ud800', '😀') }),
)

test('an id is remembered under the same text for ever: its parts as a JSON list', () => {
  const identities = fc.record({
    tenantId: part,
    source: part,
    recordKey: part,
    mode: fc.constantFrom('LIVE' as const, 'TEST' as const),
    eventId: part,
  })
  fc.assert(
    fc.property(identities, identity => {
      const texts: string[] = []
      const id = seenIdOf(identity, text => {
        texts.push(text)
        return createHash('sha256').update(text).digest()
      })
      const { tenantId, source, recordKey, mode, eventId } = identity
      const list = JSON.stringify([tenantId, source, recordKey, mode, eventId])
      assert.deepEqual(texts, [list])
      const digest = createHash('sha256').update(list).digest()
      assert.deepEqual(
        id,
        [0, 4, 8, 12].map(at => digest.readUInt32BE(at)),
      )
    }),
    { numRuns: 2000 },
  )
})
