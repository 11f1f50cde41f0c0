// Every client has connections of its own (pitfall P7): in kafkajs, what is made from one instance shares
// a map of offsets and a cluster.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { mock, test } from 'node:test'

import { connectKafka } from '../src/index.ts'
import type { Broker } from '../src/index.ts'

const { prototype } = createRequire(import.meta.url)('kafkajs/src/cluster') as {
  prototype: { connect: () => Promise<void> }
}

const ways: readonly [string, (broker: Broker) => Promise<unknown>][] = [
  ['writer', broker => broker.openWriter({ transactionalId: 't' })],
  ['appender', broker => broker.openAppender()],
  ['admin', broker => broker.openAdmin()],
  [
    'member',
    broker =>
      broker.joinGroup({
        groupId: 'g',
        topics: ['a'],
        onRevoked: () => Promise.resolve(),
        onAssigned: () => {},
      }),
  ],
  [
    'reader',
    async broker => {
      const reader = await broker.openReader()
      reader.open([{ topic: 'a', partition: 0, offset: 0 }])
      await reader.close()
    },
  ],
]

test('each of two clients of every kind connects by itself, of one broker object too', async context => {
  const connected = new Set<object>()
  const connect = mock.method(prototype, 'connect', function refuse(this: object) {
    connected.add(this)
    return Promise.reject(new Error('no broker here'))
  })
  context.after(() => connect.mock.restore())
  const broker = connectKafka({ brokers: ['127.0.0.1:1'], clientId: 'test' })
  for (const [kind, open] of ways) {
    for (let client = 1; client <= 2; client++) {
      const before = connected.size
      await open(broker).catch(() => {})
      assert.equal(connected.size, before + 1, `${kind} ${client}`)
    }
  }
})
