// What a task says of its backlog: a number, and whether anybody can know it.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { RecordStream } from '@fleet/kafka'

import { taskLag } from '../src/task-lag.ts'

const well = { problem: () => null }

function streamOf(...lags: (number | null)[]): RecordStream {
  return {
    take: () => Promise.reject(new Error('not taken from')),
    ahead: () => [],
    wake: () => {},
    lag: () => lags.map((lag, index) => ({ topic: `t${index}`, partition: 0, lag })),
    close: () => {},
  }
}

test('the lag of a task is that of all its inputs and of what it works on', () => {
  assert.deepEqual(taskLag(streamOf(3, 0, 4), well, 2), { lag: 9, isLagKnown: true })
  assert.deepEqual(taskLag(streamOf(0), well), { lag: 0, isLagKnown: true })
})

test('without a stream, or with an input that was not read yet, it is not known', () => {
  assert.deepEqual(taskLag(null, well), { lag: 0, isLagKnown: false })
  assert.deepEqual(taskLag(streamOf(3, null), well, 2), { lag: 2, isLagKnown: false })
})

test('while nothing is fetched the last number stands and is not called known', () => {
  const away = { problem: () => 'nothing fetched for 4 s' }
  assert.deepEqual(taskLag(streamOf(3), away), { lag: 3, isLagKnown: false })
})
