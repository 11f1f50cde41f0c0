// What a partition in trouble, and what a whole topic in trouble, does to metadata.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { askMetadataLeniently, withoutErrors } from '../src/lenient-metadata.ts'
import type { BrokerMaker, MetadataAnswer } from '../src/lenient-metadata.ts'

const leaderNotAvailable = 5
const unknownTopic = 3

function answer(topicErrorCode: number): MetadataAnswer {
  return {
    topicMetadata: [
      {
        topicErrorCode,
        topic: 't',
        partitionMetadata: [
          { partitionErrorCode: 0, partitionId: 0, leader: 1 },
          { partitionErrorCode: leaderNotAvailable, partitionId: 1, leader: -1 },
        ],
      },
    ],
  }
}
const refuse = (code: number): Error => new Error(`code ${code}`)

test('a partition without leader does not take the others’ leaders away', () => {
  const [topic] = withoutErrors(answer(0), refuse).topicMetadata
  assert.deepEqual(
    topic?.partitionMetadata.map(({ leader }) => leader),
    [1, -1],
  )
})

test('a topic that does not exist is an error', () => {
  assert.throws(() => withoutErrors(answer(unknownTopic), refuse), /code 3/)
})

test('who needs only the brokers asks for no topic, not for all of them', async () => {
  const sent: unknown[] = []
  const maker: BrokerMaker = {
    brokerPool: {
      createBroker: () => ({
        metadata: () => Promise.reject(new Error('replaced')),
        connectionPool: {
          send: request => {
            sent.push(request)
            return Promise.resolve(null)
          },
        },
      }),
    },
  }
  const encode = (): Promise<never> => Promise.reject(new Error('all topics'))
  const decode = (): Promise<MetadataAnswer> => Promise.resolve(answer(0))
  askMetadataLeniently(maker, () => ({ encode }), decode, refuse)
  await maker.brokerPool.createBroker({}).metadata([])
  const { request } = sent[0] as { request: { encode: () => Promise<{ buffer: Buffer }> } }
  assert.deepEqual([...(await request.encode()).buffer], [0, 0, 0, 0, 0])
})
