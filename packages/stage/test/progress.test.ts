// Where a task stands is believed only for the topology it was written in.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { decodeProgress, encodeProgress, noProgress } from '../src/progress.ts'

test('a changelog written under another partition count is refused', () => {
  const written = encodeProgress(noProgress(6))
  assert.equal(decodeProgress(written, 6).partitionCount, 6)
  assert.throws(() => decodeProgress(written, 12), {
    code: 'PARTITION_MISMATCH',
    fate: 'fatal',
    message: /built with 6 partitions, the topics have 12/,
  })
})
