// The answer that is put together by hand says what a serializer would say.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemIds } from '@fleet/runtime'
import { acceptedAnswer, jsonAnswer } from '../../src/shell/answer.ts'

for (const records of [1, 2, 64]) {
  test(`accepted, ${records} records: the same bytes as from JSON.stringify`, () => {
    const deliveryId = systemIds.uuid()
    const expected = jsonAnswer(200, { status: 'accepted', delivery_id: deliveryId, records })
    assert.deepEqual(acceptedAnswer(deliveryId, records), expected)
  })
}
