// Reading a partition with a reader that lives on: nothing of what was read stays with it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import type { Chunk, InRecord, Reader, RecordStream } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'

import { readPartition } from '../src/read-partition.ts'

const never = new AbortController().signal
const slice = { topic: 't', partition: 0, from: 0, to: 100 }

interface Scripted {
  take(turn: number): Promise<Chunk>
  failed?: Promise<never>
}

function readerOf({ take, failed = new Promise<never>(() => {}) }: Scripted) {
  let wake = (): void => {}
  let turn = 0
  const stream: RecordStream = {
    take: () =>
      Promise.race([
        take(turn++),
        new Promise<Chunk>(resolve => {
          wake = () => resolve({ records: [], positions: [] })
        }),
      ]),
    ahead: () => [],
    wake: () => wake(),
    lag: () => [],
    close: () => {},
  }
  const reader: Reader = {
    open: () => stream,
    committedEnd: () => Promise.resolve(100),
    problem: () => null,
    failed,
    close: () => Promise.resolve(),
  }
  return reader
}

function recordAt(offset: number): InRecord {
  const value = Buffer.alloc(1000)
  return { topic: 't', partition: 0, offset, timestampMs: 0, key: null, value, headers: {} }
}

test('what was read is let go of, however long the reader lives', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const seen: WeakRef<InRecord>[] = []
  const reader = readerOf({
    take: turn => {
      const record = recordAt(turn)
      seen.push(new WeakRef(record))
      const positions = [{ topic: 't', partition: 0, offset: turn + 1 }]
      return Promise.resolve({ records: [record], positions })
    },
  })
  await readPartition(reader, slice, never, () => {})
  assert.equal(seen.length, 100)
  await new Promise(resolve => setImmediate(resolve))
  collect()
  assert.ok(seen.filter(record => record.deref() !== undefined).length <= 2)
  assert.equal(reader.problem(), null)
})

test('a reader that fails ends the reading, also while it waits', async () => {
  let fail: (error: FleetError) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  const reader = readerOf({ take: () => new Promise<never>(() => {}), failed })
  const reading = readPartition(reader, slice, never, () => {})
  fail(new FleetError('READER_BROKEN', 'fatal', 'broken'))
  await assert.rejects(reading, { code: 'READER_BROKEN' })
})
