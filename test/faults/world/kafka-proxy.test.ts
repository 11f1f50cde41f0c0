// The proxy against a broker that answers every request with its own bytes.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'

import { apiKeys, FrameCutter, requestHead } from './kafka-frames.ts'
import { KafkaProxy, WireRules } from './kafka-proxy.ts'
import type { WireRule } from './kafka-proxy.ts'
import { stablePorts } from './stable-ports.ts'
import { until } from './wait.ts'

function requestFrame(apiKey: number, correlationId: number, clientId: string): Buffer {
  const frame = Buffer.alloc(14 + clientId.length + 3)
  frame.writeInt32BE(frame.length - 4, 0)
  frame.writeInt16BE(apiKey, 4)
  frame.writeInt32BE(correlationId, 8)
  frame.writeInt16BE(clientId.length, 12)
  frame.write(clientId, 14)
  return frame
}

function answerFrame(correlationId: number): Buffer {
  const frame = Buffer.alloc(12)
  frame.writeInt32BE(8, 0)
  frame.writeInt32BE(correlationId, 4)
  return frame
}

/** Correlation ids the broker has seen and the client was answered, in order. */
let seen: number[] = []
let answered: number[] = []
let broker: Server
let proxy: KafkaProxy
let client: Socket
const rules = new WireRules()

function rule(given: Partial<WireRule>): WireRule {
  const one: WireRule = {
    apiKey: apiKeys.produce,
    client: 'edge',
    side: 'request',
    delayMs: null,
    left: 1,
    hits: 0,
    ...given,
  }
  rules.add(one)
  return one
}

before(async () => {
  broker = createServer(socket => {
    const cutter = new FrameCutter()
    socket.on('data', piece => {
      for (const frame of cutter.push(piece)) {
        const { correlationId } = requestHead(frame)
        seen.push(correlationId)
        socket.write(answerFrame(correlationId))
      }
    })
    socket.on('error', () => {})
  })
  broker.listen(0, '127.0.0.1')
  await once(broker, 'listening')
  const [port = 0] = await stablePorts(1)
  proxy = new KafkaProxy(port, (broker.address() as AddressInfo).port, rules)
  await proxy.open()
})

beforeEach(async () => {
  rules.clear()
  client?.destroy()
  seen = []
  answered = []
  client = connect({ host: '127.0.0.1', port: proxy.port })
  client.on('error', () => {})
  const cutter = new FrameCutter()
  client.on('data', piece => {
    for (const frame of cutter.push(piece)) answered.push(frame.readInt32BE(4))
  })
  await once(client, 'connect')
})

after(() => {
  client.destroy()
  proxy.close()
  broker.close()
})

test('frames are cut wherever the stream was torn', () => {
  const stream = Buffer.concat([1, 2, 3].map(id => requestFrame(0, id, 'edge')))
  for (const size of [1, 3, 5, 17, 40, stream.length]) {
    const cutter = new FrameCutter()
    const ids: number[] = []
    for (let at = 0; at < stream.length; at += size) {
      for (const frame of cutter.push(stream.subarray(at, at + size))) {
        ids.push(requestHead(frame).correlationId)
      }
    }
    assert.deepEqual(ids, [1, 2, 3], `pieces of ${size}`)
  }
})

test('without a rule everything passes in order', async () => {
  for (const id of [1, 2, 3]) client.write(requestFrame(0, id, 'edge'))
  await until('three answers', 5000, () => answered.length === 3)
  assert.deepEqual(
    [seen, answered],
    [
      [1, 2, 3],
      [1, 2, 3],
    ],
  )
})

test('an eaten request never reaches the broker; others of its connection do', async () => {
  const one = rule({})
  for (const id of [1, 2]) client.write(requestFrame(0, id, 'edge'))
  await until('an answer', 5000, () => answered.length === 1)
  assert.deepEqual([seen, answered, one.hits], [[2], [2], 1])
})

test('an eaten answer is of a request the broker has seen', async () => {
  rule({ side: 'answer' })
  for (const id of [1, 2]) client.write(requestFrame(0, id, 'edge'))
  await until('an answer', 5000, () => answered.length === 1)
  assert.deepEqual([seen, answered], [[1, 2], [2]])
})

test('rules choose by api key and client', async () => {
  rule({ apiKey: apiKeys.endTxn })
  rule({ client: 'other' })
  client.write(requestFrame(0, 1, 'edge'))
  client.write(requestFrame(apiKeys.endTxn, 2, 'other'))
  await until('two answers', 5000, () => answered.length === 2)
  client.write(requestFrame(apiKeys.endTxn, 3, 'edge'))
  client.write(requestFrame(0, 4, 'edge'))
  await until('the last answer', 5000, () => answered.includes(4))
  assert.deepEqual(seen, [1, 2, 4])
})

test('a delayed request arrives although its sender has gone', async () => {
  rule({ delayMs: 150 })
  client.write(requestFrame(0, 1, 'edge'))
  client.write(requestFrame(0, 2, 'edge'))
  await until('the other one is answered', 5000, () => answered.length === 1)
  client.destroy()
  assert.deepEqual(seen, [2])
  await until('the late one is there', 5000, () => seen.length === 2)
  assert.deepEqual(seen, [2, 1])
})

test('a delayed answer comes behind later ones', async () => {
  rule({ side: 'answer', delayMs: 150 })
  for (const id of [1, 2]) client.write(requestFrame(0, id, 'edge'))
  await until('both answers', 5000, () => answered.length === 2)
  assert.deepEqual(answered, [2, 1])
})

test('a closed proxy refuses connections and can be opened again', async () => {
  proxy.close()
  await once(client, 'close')
  const refused = connect({ host: '127.0.0.1', port: proxy.port })
  const [error] = (await once(refused, 'error')) as [Error & { code: string }]
  assert.equal(error.code, 'ECONNREFUSED')
  await proxy.open()
})

test('a broker that is cut off ends its connections and every new one', async () => {
  proxy.cut(true)
  await once(client, 'close')
  const refused = connect({ host: '127.0.0.1', port: proxy.port })
  refused.on('error', () => {})
  await once(refused, 'close')
  proxy.cut(false)
})
