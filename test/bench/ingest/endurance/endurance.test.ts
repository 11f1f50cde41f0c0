// What the long programs rest on: the client reads answers rightly, a slope is a slope.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'

import { answerIn, ConnectionPool } from './connections.ts'
import { bodyOf, requestOf } from './deliveries.ts'
import { namedAs } from './slow-link.ts'
import { slopeOf, Tally } from './tally.ts'

test('an answer is one when all of it has come', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n'
  assert.equal(answerIn('HTTP/1.1 200'), null)
  assert.equal(answerIn(`${head}abc`), null)
  const whole = { status: 200, length: head.length + 4, isLast: false }
  assert.deepEqual(answerIn(`${head}abcdHTTP`), whole)
  const last = 'HTTP/1.1 503 x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'
  assert.deepEqual(answerIn(last), { status: 503, length: last.length, isLast: true })
  assert.equal(answerIn('rubbish\r\n\r\n')?.status, 0)
})

test('requests end with an answer, or with none where the connection was cut or full', async () => {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.url?.endsWith('/cut') === true) request.socket.destroy()
      else response.writeHead(503, { 'content-length': 2 }).end('no')
    })
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  const pool = new ConnectionPool({ port, connectionsMax: 1, answerMsMax: 20_000 })
  const body = bodyOf('t', 1)
  const waiting = pool.send(requestOf(body))
  assert.equal(pool.send(requestOf(body)), null)
  assert.equal((await waiting)?.status, 503)
  assert.equal((await pool.send(requestOf(body, { endpoint: 'cut' })))?.status, 0)
  assert.equal((await pool.send(requestOf(body)))?.status, 503)
  pool.close()
  await new Promise(closed => server.close(closed))
})

test('behind the slow link a broker has its port, wherever it says its own', () => {
  const says = (port: number): Buffer => {
    const name = Buffer.from('..127.0.0.1....127.0.0.1')
    name.writeInt32BE(port, 11)
    return name
  }
  assert.deepEqual(namedAs(says(9092), 9092, 1234), says(1234))
  assert.deepEqual(namedAs(says(9093), 9092, 1234), says(9093))
})

test('a slope is what y grows by for one of x', () => {
  assert.equal(slopeOf([]), 0)
  assert.equal(slopeOf([[1, 5]]), 0)
  const points = [0, 1, 2, 3].map(x => [x, 7 + 2 * x] as const)
  assert.equal(slopeOf(points), 2)
})

test('a tally counts by status', () => {
  const tally = new Tally()
  for (const ms of [1, 2, 3]) tally.add({ status: 200, ms })
  tally.add({ status: 0, ms: 9 })
  assert.equal(
    tally.count(status => status === 200),
    3,
  )
  assert.equal(
    tally.percentile(0.99, () => true),
    9,
  )
  assert.equal(
    tally.percentile(0.5, status => status === 503),
    null,
  )
  assert.equal(tally.text(), 'no answer: 1 (p50 9 ms), 200: 3 (p50 2 ms)')
})
