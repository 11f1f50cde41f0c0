import assert from 'node:assert/strict'
import { test } from 'node:test'

import { batchBytesMax, batchRounds, exactCover } from '../src/produce.ts'

const sent = [
  { topic: 'a', partition: 0 },
  { topic: 'a', partition: 1 },
]

function answer(...rows: [string, number, number, string][]) {
  return {
    topics: rows.map(([topicName, partition, errorCode, baseOffset]) => ({
      topicName,
      partitions: [{ partition, errorCode, baseOffset }],
    })),
  }
}

test('an answer counts only when every partition is acknowledged exactly once, without error', () => {
  const rows: [string, ReturnType<typeof answer>, boolean][] = [
    ['all', answer(['a', 0, 0, '5'], ['a', 1, 0, '9']), true],
    [
      'one missing (the leader moved and its records were never sent)',
      answer(['a', 0, 0, '5']),
      false,
    ],
    ['none', answer(), false],
    ['one twice (sent again)', answer(['a', 0, 0, '5'], ['a', 0, 0, '6'], ['a', 1, 0, '9']), false],
    ['one unasked', answer(['a', 0, 0, '5'], ['a', 1, 0, '9'], ['b', 0, 0, '1']), false],
    ['one refused', answer(['a', 0, 0, '5'], ['a', 1, 6, '-1']), false],
    ['one without an offset', answer(['a', 0, 0, '5'], ['a', 1, 0, '-1']), false],
  ]
  for (const [what, response, ok] of rows) {
    assert.equal(exactCover(sent, response).ok, ok, what)
  }
})

test('records of a partition that do not fit one batch follow in later rounds, in order', () => {
  const large = Buffer.alloc(batchBytesMax / 2)
  const records = ['1', '2', '3', '4'].map(key => ({ topic: 'a', partition: 0, key, value: large }))
  const rounds = batchRounds([...records, { topic: 'b', partition: 0, key: 'x', value: null }])
  assert.deepEqual(
    rounds.map(batches =>
      batches.map(({ topic, records: list }) => `${topic}:${list.map(({ key }) => key).join('')}`),
    ),
    [['a:1', 'b:x'], ['a:2'], ['a:3'], ['a:4']],
  )
})
