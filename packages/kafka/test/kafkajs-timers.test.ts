// An idle connection costs nothing. Unpatched, kafkajs sets a timer each millisecond on every
// connection that has had an answer, for as long as it is open.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'

import '../src/kafkajs.ts'

interface Queue {
  pending: unknown[]
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  push(request: unknown): void
  maybeThrottle(forMs: number): void
  fulfillRequest(answer: { correlationId: number; payload: Buffer; size: number }): void
  destroy(): void
}
const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as new (
  options: unknown,
) => Queue

const silent = { debug: () => {}, warn: () => {} }
const queueOf = (): Queue =>
  new RequestQueue({ maxInFlightRequests: null, requestTimeout: 1000, logger: silent })

function request(correlationId: number, sent: number[]): unknown {
  return {
    entry: { correlationId, resolve: () => {}, reject: () => {} },
    expectResponse: true,
    requestTimeout: null,
    sendRequest: () => sent.push(correlationId),
  }
}

test('after an answer no timer runs when nothing waits', () => {
  const queue = queueOf()
  queue.push(request(1, []))
  queue.fulfillRequest({ correlationId: 1, payload: Buffer.alloc(4), size: 4 })
  assert.equal(queue.throttleCheckTimeoutId, null)
  queue.destroy()
})

test('a request held back because the broker asked for silence is sent when that is over', async () => {
  const queue = queueOf()
  const sent: number[] = []
  queue.push(request(1, sent))
  queue.maybeThrottle(20)
  queue.push(request(2, sent))
  assert.deepEqual(sent, [1])
  queue.fulfillRequest({ correlationId: 1, payload: Buffer.alloc(4), size: 4 })
  const until = performance.now() + 5000
  while (sent.length < 2 && performance.now() < until) {
    await new Promise(resolve => setImmediate(resolve))
  }
  assert.deepEqual(sent, [1, 2])
  queue.destroy()
})
