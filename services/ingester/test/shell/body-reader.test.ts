// The body is what was sent, in whatever pieces it came, and its room is counted to the byte.

import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import fc from 'fast-check'
import { BodyRoom, readBody } from '../../src/shell/body-reader.ts'

function fakeRequest(headers: Record<string, string> = {}) {
  const request = Object.assign(new EventEmitter(), { headers })
  return { request, message: request as unknown as IncomingMessage }
}

const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20_000 }), { maxLength: 40 })

test('any pieces give the same bytes, and hold as much room as they are long', async () => {
  await fc.assert(
    fc.asyncProperty(pieces, async chunks => {
      const room = new BodyRoom(10_000_000)
      const { request, message } = fakeRequest()
      const reading = readBody(message, 1_000_000, room)
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
    const room = new BodyRoom(50)
    const { request, message } = fakeRequest()
    const reading = readBody(message, 100, room)
    request.emit('data', Buffer.alloc(20))
    event(request)
    assert.equal((await reading).kind, kind)
    assert.equal(room.bytes, 0)
  })
}

test('an announced size above the limit is refused unread', async () => {
  const { message } = fakeRequest({ 'content-length': '101' })
  assert.deepEqual(await readBody(message, 100, new BodyRoom(1000)), {
    kind: 'too_large',
    bytes: 101,
  })
})
