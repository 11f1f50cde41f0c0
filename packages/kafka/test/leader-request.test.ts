// One request carries each partition once, in the order of the records, and stays within its limits.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LeaderRequest } from '../src/leader-request.ts'
import type { Waiting } from '../src/leader-request.ts'
import { batchBytesMax } from '../src/produce.ts'

function waiting(topic: string, partition: number, bytes = 100): Waiting {
  const record = { topic, partition, key: null, value: null }
  return { record, bytes, notAfterMs: Infinity, resolve: () => {}, reject: () => {} }
}

test('records of one partition share a batch, with those who wait in the same order', () => {
  const request = new LeaderRequest(10)
  const given = [waiting('a', 0), waiting('a', 1), waiting('a', 0), waiting('b', 0)]
  for (const item of given) assert.ok(request.add(item))
  const places = request.batches.map(({ topic, partition }) => `${topic}/${partition}`)
  assert.deepEqual(places, ['a/0', 'a/1', 'b/0'])
  for (const { records, items } of request.batches) {
    assert.deepEqual(
      records,
      items.map(({ record }) => record),
    )
  }
  assert.deepEqual(new Set(request.items()), new Set(given))
})

test('no more records than allowed', () => {
  const request = new LeaderRequest(2)
  const answers = [0, 1, 2].map(partition => request.add(waiting('a', partition)))
  assert.deepEqual(answers, [true, true, false])
})

test('a batch takes no more bytes than the topics do, but for one record that is larger alone', () => {
  const request = new LeaderRequest(10)
  assert.ok(request.add(waiting('a', 0, batchBytesMax)))
  assert.equal(request.add(waiting('a', 0, 1)), false)
  assert.ok(request.add(waiting('a', 1, batchBytesMax + 1)))
  assert.equal(request.batches.length, 2)
})
