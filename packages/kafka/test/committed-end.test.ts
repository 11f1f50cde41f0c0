import assert from 'node:assert/strict'
import { test } from 'node:test'

import { committedEnd, stableEnd } from '../src/committed-end.ts'
import type { BrokerNode } from '../src/kafkajs.ts'
import { hasCode } from './conformance-harness.ts'
import { fakeCluster, protocolError } from './fake-cluster.ts'

const where = { topic: 'a', partition: 0 }
const connect = (): Promise<void> => Promise.resolve()

function node(answer: (isolationLevel: number) => number): Partial<BrokerNode> {
  return {
    listOffsets: ({ isolationLevel }) => {
      const partitions = [{ partition: 0, errorCode: 0, offset: String(answer(isolationLevel)) }]
      return Promise.resolve({ responses: [{ topic: 'a', partitions }] } as never)
    },
  }
}

test('a leader that has moved is found, and asked, at once', async () => {
  const cluster = fakeCluster({ 'a/0': 1 })
  let refused = 0
  cluster.nodes.set(
    '1',
    node(() => {
      refused++
      // What the client knows is late by one round.
      if (refused === 2) cluster.leaders.set('a/0', 2)
      throw protocolError('NOT_LEADER_FOR_PARTITION')
    }),
  )
  cluster.nodes.set(
    '2',
    node(() => 7),
  )
  assert.equal(await committedEnd(cluster, connect, where), 7)
  assert.equal(refused, 2)
  assert.equal(cluster.calls.filter(call => call === 'refreshMetadata').length, 2)
})

test('nobody who leads it is an answer too, after some looks', async () => {
  const cluster = fakeCluster({ 'a/0': -1 })
  await assert.rejects(committedEnd(cluster, connect, where), hasCode('END_UNKNOWN'))
  assert.equal(cluster.calls.filter(call => call === 'refreshMetadata').length, 5)
})

test('what is decided while it is asked counts, what is open hides the rest', async () => {
  const cluster = fakeCluster({ 'a/0': 1 })
  // The end is asked first: 5; then a transaction is decided and the next one is, too.
  cluster.nodes.set(
    '1',
    node(isolationLevel => (isolationLevel === 1 ? 8 : 5)),
  )
  assert.equal(await committedEnd(cluster, connect, where), 8)
  assert.throws(() => stableEnd(where, 4, 5), hasCode('END_UNKNOWN'))
  assert.equal(stableEnd(where, 5, 5), 5)
})
