import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { UnreachableError } from '../../src/exit-code.ts'
import { hooksPath, postDelivery } from '../../src/send/post-delivery.ts'

let server: Server
let base = ''
let seen: { request: IncomingMessage; body: Buffer } | undefined
let answer = { status: 200, text: '{"status":"accepted","delivery_id":"d1","records":1}' }

before(async () => {
  server = createServer((request, response) => {
    void buffer(request).then(body => {
      seen = { request, body }
      response.writeHead(answer.status)
      response.end(answer.text)
    })
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

after(() => {
  server.closeAllConnections()
  server.close()
})

test('the body goes out byte for byte, a header given twice goes out twice', async () => {
  const body = Buffer.from([0xff, 0x00, 0x20])
  const headers = { 'x-signature': ['a', 'b'] }
  const result = await postDelivery(base, hooksPath('levy-demo'), headers, body)
  assert.deepEqual(seen?.body, body)
  assert.equal(seen?.request.url, '/v1/hooks/levy-demo')
  assert.equal(seen?.request.rawHeaders.filter(name => name === 'x-signature').length, 2)
  assert.deepEqual(result, {
    http_status: 200,
    delivery_id: 'd1',
    body: { status: 'accepted', delivery_id: 'd1', records: 1 },
  })
})

test('an answer that is not JSON is kept as text', async () => {
  answer = { status: 502, text: '<html>' }
  const result = await postDelivery(base, '/', {}, Buffer.alloc(0))
  assert.deepEqual(result, { http_status: 502, delivery_id: null, body: '<html>' })
})

test('nobody there: the message names the address and what to try', async () => {
  await assert.rejects(postDelivery('http://127.0.0.1:1', '/', {}, Buffer.alloc(0)), error => {
    assert.ok(error instanceof UnreachableError)
    assert.equal(
      error.message,
      'The ingester at http://127.0.0.1:1 is not reachable. Is it running? try: make status',
    )
    return true
  })
})
