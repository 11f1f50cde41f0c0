// The rule for aborted records, on the three situations in which kafkajs's own filter leaks
// (docs/decisions/0003). Each is shown to fail there, so that the reason for ours stays visible.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'

import { committedRecords } from '../src/committed-records.ts'
import type { AbortedTransaction } from '../src/fetch-response.ts'
import type { RecordBatch } from '../src/record-batch.ts'

const require = createRequire(import.meta.url)
const kafkajsFilter = require('kafkajs/src/consumer/filterAbortedMessages') as (options: {
  messages: unknown[]
  abortedTransactions: { producerId: string; firstOffset: string }[]
}) => { offset: string }[]

type Row = { offset: number; producer: number; key?: Buffer; marker?: 'abort' | 'commit' }

function batchesOf(rows: readonly Row[]): RecordBatch[] {
  return rows.map(({ offset, producer, key, marker }) => ({
    baseOffset: offset,
    lastOffset: offset,
    producerId: producer,
    transactional: true,
    control: marker !== undefined,
    abortMarker: marker === 'abort',
    records:
      marker === undefined
        ? [
            {
              topic: 't',
              partition: 0,
              offset,
              timestampMs: 0,
              key: key ?? null,
              value: null,
              headers: {},
            },
          ]
        : [],
  }))
}

function ours(rows: readonly Row[], aborted: readonly AbortedTransaction[], from = 0): number[] {
  return committedRecords(batchesOf(rows), aborted, from).records.map(({ offset }) => offset)
}

function theirs(rows: readonly Row[], aborted: readonly AbortedTransaction[]): number[] {
  const messages = rows.map(({ offset, producer, key, marker }) => ({
    offset: String(offset),
    key: marker === 'abort' ? Buffer.from([0, 0, 0, 0]) : (key ?? null),
    isControlRecord: marker !== undefined,
    batchContext: { producerId: String(producer), inTransaction: true },
  }))
  const abortedTransactions = aborted.map(({ producerId, firstOffset }) => ({
    producerId: String(producerId),
    firstOffset: String(firstOffset),
  }))
  const control = new Set(rows.filter(row => row.marker !== undefined).map(row => row.offset))
  return kafkajsFilter({ messages, abortedTransactions })
    .map(({ offset }) => Number(offset))
    .filter(offset => !control.has(offset))
}

const twoOpenAtTheStart: Row[] = [
  { offset: 10, producer: 1 },
  { offset: 11, producer: 2 },
  { offset: 12, producer: 3 },
  { offset: 13, producer: 1, marker: 'abort' },
  { offset: 14, producer: 2, marker: 'abort' },
  { offset: 15, producer: 3, marker: 'commit' },
]

test('a fetch that begins inside two open aborted transactions leaks neither', () => {
  const rows: Row[] = [{ offset: 10, producer: 2 }, ...twoOpenAtTheStart.slice(1)]
  const aborted = [
    { producerId: 1, firstOffset: 5 },
    { producerId: 2, firstOffset: 7 },
  ]
  assert.deepEqual(ours(rows, aborted, 10), [12])
  assert.notDeepEqual(
    theirs(rows, aborted),
    [12],
    'kafkajs has learnt it: decision 3 may be revisited',
  )
})

test('the order of the broker’s list of aborted transactions does not matter', () => {
  const aborted = [
    { producerId: 2, firstOffset: 11 },
    { producerId: 1, firstOffset: 10 },
  ]
  assert.deepEqual(ours(twoOpenAtTheStart, aborted), [12])
  assert.notDeepEqual(theirs(twoOpenAtTheStart, aborted), [12])
})

test('an aborted record whose key looks like an abort marker does not end its transaction', () => {
  const rows: Row[] = [
    { offset: 0, producer: 1, key: Buffer.from([0, 0, 0, 0]) },
    { offset: 1, producer: 1 },
    { offset: 2, producer: 1, marker: 'abort' },
    { offset: 3, producer: 1 },
    { offset: 4, producer: 1, marker: 'commit' },
  ]
  const aborted = [{ producerId: 1, firstOffset: 0 }]
  assert.deepEqual(ours(rows, aborted), [3])
  assert.notDeepEqual(theirs(rows, aborted), [3])
})

test('one producer may abort several times', () => {
  const rows: Row[] = [
    { offset: 0, producer: 1 },
    { offset: 1, producer: 1, marker: 'abort' },
    { offset: 2, producer: 1 },
    { offset: 3, producer: 1, marker: 'commit' },
    { offset: 4, producer: 1 },
    { offset: 5, producer: 1, marker: 'abort' },
  ]
  const aborted = [
    { producerId: 1, firstOffset: 0 },
    { producerId: 1, firstOffset: 4 },
  ]
  assert.deepEqual(ours(rows, aborted), [2])
})

test('the position moves past control records, aborted records and compacted batches', () => {
  const empty: RecordBatch = { ...batchesOf([{ offset: 8, producer: 1 }])[0]!, records: [] }
  const slice = committedRecords([{ ...empty, lastOffset: 20 }], [], 8)
  assert.deepEqual(slice, { records: [], nextOffset: 21 })
})

test('records before the position are left out', () => {
  assert.deepEqual(
    ours(
      [
        { offset: 3, producer: 1 },
        { offset: 4, producer: 1 },
      ],
      [],
      4,
    ),
    [4],
  )
})
