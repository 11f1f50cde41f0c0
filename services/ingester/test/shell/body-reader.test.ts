// The body is what was sent, in whatever pieces it came, and its room is counted to the byte.

import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import fc from 'fast-check'
import { BodyRoom, readBody } from '../../src/shell/body-reader.ts'

function fakeRequest() {
  const request = new EventEmitter()
  return { request, message: request as unknown as IncomingMessage }
}

const atMost = (max: number) => ({ admits: (waiting: number) => waiting < max })

const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20_000 }), { maxLength: 40 })

test('any pieces give the same bytes, and hold as much room as they are long', async () => {
  await fc.assert(
    fc.asyncProperty(pieces, async chunks => {
      const room = new BodyRoom(10_000_000, atMost(10))
      const { request, message } = fakeRequest()
      const reading = readBody(message, 0, 1_000_000, room)
      for (const chunk of chunks) request.emit('data', Buffer.from(chunk))
      request.emit('end')
      const result = await reading
      assert.ok(result.kind === 'body')
      assert.deepEqual(result.body, Buffer.concat(chunks))
      assert.equal(room.bytes, result.body.length)
    }),
    { numRuns: 200 },
  )
})

const endings: [string, (request: EventEmitter) => void, string][] = [
  ['the sender is gone', request => request.emit('close'), 'aborted'],
  ['it becomes too large', request => request.emit('data', Buffer.alloc(90)), 'too_large'],
  ['there is no room', request => request.emit('data', Buffer.alloc(60)), 'no_room'],
]
for (const [name, event, kind] of endings) {
  test(`${name}: ${kind}, and the room is given back`, async () => {
    const room = new BodyRoom(50, atMost(10))
    const { request, message } = fakeRequest()
    const reading = readBody(message, 0, 100, room)
    request.emit('data', Buffer.alloc(20))
    event(request)
    assert.equal((await reading).kind, kind)
    assert.equal(room.bytes, 0)
  })
}

test('an announced size above the limit is refused unread', async () => {
  const { message } = fakeRequest()
  assert.deepEqual(await readBody(message, 101, 100, new BodyRoom(1000, atMost(10))), {
    kind: 'too_large',
    bytes: 101,
  })
})

test('with as many bodies waiting as may, the next is refused unread until one is answered', async () => {
  const room = new BodyRoom(1000, atMost(1))
  const first = fakeRequest()
  const reading = readBody(first.message, 0, 100, room)
  // Whoever is still sending does not count.
  const second = fakeRequest()
  const other = readBody(second.message, 0, 100, room)
  first.request.emit('data', Buffer.alloc(20))
  first.request.emit('end')
  assert.equal((await reading).kind, 'body')
  assert.deepEqual(await readBody(fakeRequest().message, 0, 100, room), { kind: 'crowded' })
  second.request.emit('close')
  assert.equal((await other).kind, 'aborted')
  room.answered(20)
  assert.deepEqual([room.waiting, room.bytes], [0, 0])
  const third = fakeRequest()
  const again = readBody(third.message, 0, 100, room)
  third.request.emit('end')
  assert.equal((await again).kind, 'body')
})
