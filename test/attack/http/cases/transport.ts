// Slow, oversized and odd requests: refused within the limits of the settings, and the connection ends.

import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { setTimeout as pause } from 'node:timers/promises'
import { expectClosed, expectStored, freshBody, one, request, signature } from '../attack.ts'
import type { Attack, Row } from '../attack.ts'
import { dial, exchange } from '../exchange.ts'
import type { ExchangeOptions } from '../exchange.ts'
import { limits } from '../target-settings.ts'

const start = 'POST /v1/hooks/levy HTTP/1.1\r\nHost: edge\r\n'
/** For a machine that has other things to do. */
const graceMs = 1500

function slow(
  name: string,
  pieces: () => readonly string[],
  limitMs: number,
  expected: readonly number[],
  options: ExchangeOptions = {},
): Attack {
  return {
    row: 'transport-slow',
    name,
    run: async target => {
      const before = await target.appends()
      const ended = await exchange(target, pieces(), { waitMsMax: limitMs + graceMs, ...options })
      assert.deepEqual(ended.statuses, expected)
      expectClosed(ended)
      assert.equal(await target.appends(), before)
    },
  }
}

const letters = (text: string): string[] => text.split('')
const endless = (piece: string): string[] => Array<string>(400).fill(piece)

const slowAttacks: Attack[] = [
  slow(
    'slowloris: a header letter by letter',
    () => letters(start.repeat(9)),
    limits.headerMs,
    [408],
    { everyMs: 20 },
  ),
  slow(
    'slowloris: one header line after the other',
    () => [start, ...endless('X-A: b\r\n')],
    limits.headerMs,
    [408],
    { everyMs: 20 },
  ),
  slow('a connection that never says anything (half-open)', () => [], limits.headerMs, [408]),
  slow(
    'a body letter by letter',
    () => [`${start}Content-Length: 5000\r\n\r\n`, ...endless('x')],
    limits.requestMs,
    [408],
    { everyMs: 20 },
  ),
  slow('a body that stops', () => [`${start}Content-Length: 10\r\n\r\nx`], limits.requestMs, [408]),
  slow(
    'a body that never comes',
    () => [`${start}Content-Length: 10\r\n\r\n`],
    limits.requestMs,
    [408],
  ),
  slow(
    'chunks without an end',
    () => [`${start}Transfer-Encoding: chunked\r\n\r\n`, ...endless('1\r\nx\r\n')],
    limits.requestMs,
    [408],
    { everyMs: 20 },
  ),
  slow(
    'a trailer without an end',
    () => [`${start}Transfer-Encoding: chunked\r\n\r\n0\r\n`, ...endless('X-A: b\r\n')],
    limits.requestMs,
    [408],
    { everyMs: 20 },
  ),
  slow(
    'Content-Length above the body, then the sender ends',
    () => [`${start}Content-Length: 10\r\n\r\nx`],
    limits.requestMs,
    [400],
    { halfClose: true },
  ),
  {
    row: 'transport-slow',
    name: 'an idle connection is closed after its time, answered requests or not',
    run: async target => {
      const ended = await exchange(target, request(), {
        waitMsMax: limits.keepAliveMs + 1000 + graceMs,
      })
      assert.deepEqual(ended.statuses, [200])
      expectClosed(ended)
    },
  },
  {
    row: 'transport-slow',
    name: 'a sender that never reads its answers is cut off',
    run: async target => {
      const socket = await dial(target.port, '127.0.0.21')
      socket.pause()
      socket.on('error', () => {})
      const isGone = new Promise<true>(resolve => socket.once('close', () => resolve(true)))
      const get = 'GET /metrics HTTP/1.1\r\nHost: edge\r\n\r\n'
      socket.write(get.repeat(limits.pipelined))
      const filling = setInterval(() => socket.writable && socket.write(get), 5)
      const cut = await Promise.race([isGone, pause(limits.idleMs + 3000).then(() => false)])
      clearInterval(filling)
      socket.destroy()
      assert.ok(cut)
    },
  },
  {
    row: 'transport-slow',
    name: 'senders that vanish in the middle of a body leave nothing behind',
    run: async target => {
      for (let i = 0; i < 20; i++) {
        const socket = await dial(target.port, '127.0.0.22')
        socket.on('error', () => {})
        socket.write(`${start}Content-Length: 400000\r\n\r\n${'x'.repeat(200_000)}`)
        await pause(5)
        if (i % 2 === 0) socket.resetAndDestroy()
        else socket.destroy()
      }
      await settles(async () => (await target.metric('fleet_ingest_body_bytes')) === 0)
    },
  },
]

async function settles(condition: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (await condition()) return
    await pause(25)
  }
  assert.fail('it did not settle')
}

const size: Row = 'transport-size'
const tooLarge = 'x'.repeat(limits.bodyBytes + 1)
const bomb = gzipSync(Buffer.alloc(40_000_000))
const chunksOf = (body: string, bytes: number, extension = ''): string => {
  let text = ''
  for (let at = 0; at < body.length; at += bytes) {
    const part = body.slice(at, at + bytes)
    text += `${part.length.toString(16)}${extension}\r\n${part}\r\n`
  }
  return `${text}0\r\n\r\n`
}

const sizeAttacks: Attack[] = [
  one(size, 'headers over 16 KiB', () => request({ lines: [`X-A: ${'x'.repeat(17_000)}`] }), 400),
  one(size, '2001 headers', () => request({ lines: Array<string>(2001).fill('X: 1') }), 400),
  one(size, '101 headers', () => request({ lines: Array<string>(101).fill('X: 1') }), 400),
  one(size, '90 headers', () => request({ lines: Array<string>(90).fill('X: 1') }), 200),
  one(size, 'a target of 20 KB', () => request({ path: `/${'a'.repeat(20_000)}` }), 400),
  one(size, 'a body over the limit', () => request({ body: tooLarge }), 413),
  one(
    size,
    'an announced body over the limit',
    () => request({ body: '', length: 9_999_999_999 }),
    413,
  ),
  one(
    size,
    'over the limit without a signature',
    () => request({ body: tooLarge, headers: {} }),
    413,
  ),
  one(
    size,
    'over the limit for an endpoint that is not there',
    () => request({ path: '/v1/hooks/nobody', body: tooLarge }),
    413,
  ),
  one(
    size,
    'chunks over the limit',
    () => `${start}Transfer-Encoding: chunked\r\n\r\n${chunksOf(tooLarge, 30_000)}`,
    413,
  ),
  one(
    size,
    'a chunk that announces too much',
    () => `${start}Transfer-Encoding: chunked\r\n\r\nfffffff\r\nx`,
    408,
  ),
  one(
    size,
    'over the limit of the endpoint, signed',
    () => request({ path: '/v1/hooks/small', body: freshBody({ pad: 'x'.repeat(600) }) }),
    413,
  ),
  one(
    size,
    'over the limit of the endpoint, unsigned: says nothing about it',
    () =>
      request({ path: '/v1/hooks/small', headers: {}, body: freshBody({ pad: 'x'.repeat(600) }) }),
    401,
  ),
  one(size, 'gzip', () => request({ lines: ['Content-Encoding: gzip'] }), 415),
  one(size, 'a gzip bomb', () => request({ body: bomb, lines: ['Content-Encoding: gzip'] }), 415),
  one(
    size,
    'deflate, br, zstd',
    () => request({ lines: ['Content-Encoding: deflate, br, zstd'] }),
    415,
  ),
  one(
    size,
    'identity, then gzip on a second line',
    () => request({ lines: ['Content-Encoding: identity', 'Content-Encoding: gzip'] }),
    415,
  ),
  one(
    size,
    'identity is no encoding',
    () => request({ lines: ['Content-Encoding: identity'] }),
    200,
  ),
  {
    row: size,
    name: 'a body of one-byte chunks with extensions is taken, and its memory given back',
    run: async target => {
      const body = freshBody({ pad: 'x'.repeat(20_000) })
      const headers = Object.entries(signature(body)).map(pair => `${pair.join(': ')}\r\n`)
      const bytes = chunksOf(body, 1, ';e=1')
      const ended = await exchange(
        target,
        `${start}${headers.join('')}Transfer-Encoding: chunked\r\n\r\n${bytes}`,
        { answers: 1 },
      )
      assert.deepEqual(ended.statuses, [200])
      await expectStored(target, body, 1)
      assert.equal(await target.metric('fleet_ingest_body_bytes'), 0)
    },
  },
]

const protocol: Row = 'transport-protocol'
const protocolAttacks: Attack[] = [
  one(protocol, 'HTTP/1.0', () => request({ version: '1.0' }), 200),
  one(protocol, 'a sender that half-closes after its request', () => request(), 200, {
    halfClose: true,
  }),
  one(protocol, 'TRACE', () => request({ method: 'TRACE', body: '', headers: {} }), 405),
  one(protocol, 'OPTIONS', () => request({ method: 'OPTIONS', body: '', headers: {} }), 405),
  one(protocol, 'CONNECT', () => 'CONNECT internal:22 HTTP/1.1\r\nHost: internal:22\r\n\r\n', 405),
  one(protocol, 'an unknown method', () => request({ method: 'FETCH' }), 400),
  one(protocol, 'not HTTP', () => '\x00\x01\x02\x03\r\n\r\n', 400),
  one(
    protocol,
    'a TLS hello on the plain port',
    () => Buffer.from('1603010200010001fc0303', 'hex'),
    400,
  ),
  one(
    protocol,
    'an upgrade nobody offers',
    () => request({ lines: ['Connection: Upgrade', 'Upgrade: websocket'] }),
    200,
  ),
  one(
    protocol,
    'an expectation nobody knows',
    () => request({ lines: ['Expect: a-miracle'] }),
    200,
  ),
  {
    row: protocol,
    name: 'Expect: 100-continue is told to go on, then answered',
    run: async target => {
      const { statuses } = await exchange(target, request({ lines: ['Expect: 100-continue'] }), {
        answers: 2,
      })
      assert.deepEqual(statuses, [100, 200])
    },
  },
  {
    row: protocol,
    name: 'Expect: 100-continue with too much is refused before it is sent',
    run: async target => {
      const head = `${start}Expect: 100-continue\r\nContent-Length: 9999999\r\n\r\n`
      const { statuses } = await exchange(target, head, { answers: 1 })
      assert.deepEqual(statuses, [413])
    },
  },
  {
    row: protocol,
    name: 'pipelined deliveries are answered in order',
    run: async target => {
      const bytes = [request(), request({ headers: {} }), request()]
      const { statuses } = await exchange(target, Buffer.concat(bytes), { answers: 3 })
      assert.deepEqual(statuses, [200, 401, 200])
    },
  },
  {
    row: protocol,
    name: 'more pipelined than allowed while the log hangs: 503, and no more is read',
    run: async target => {
      await target.append('hang')
      const before = await target.appends()
      try {
        const many = Array.from({ length: limits.pipelined + 40 }, () => request())
        const ended = await exchange(target, Buffer.concat(many))
        assert.ok(ended.statuses.every(status => status === 503))
        assert.ok((await target.appends()) - before <= limits.pipelined)
        expectClosed(ended)
      } finally {
        await target.append('acknowledge')
      }
      await recovers(target)
    },
  },
  {
    row: protocol,
    name: 'a connection is closed in good order after its number of requests',
    run: async target => {
      const get = 'GET /health HTTP/1.1\r\nHost: edge\r\n\r\n'
      const gets = Array<string>(limits.connectionRequests + 5).fill(get)
      const { answers, end } = await exchange(target, gets, { inTurn: true })
      assert.equal(answers.length, limits.connectionRequests)
      assert.equal(answers.at(-1)?.headers['connection'], 'close')
      assert.notEqual(end, 'open')
    },
  },
  one(
    protocol,
    'what follows a complete request is broken: that one is answered all the same',
    () => Buffer.concat([request(), Buffer.from('\x00\x01\r\n\r\n')]),
    200,
  ),
]

/** After failures of the log the edge probes once a second. */
async function recovers(target: { readonly port: number }): Promise<void> {
  await settles(async () => {
    const { statuses } = await exchange(target, request(), { answers: 1 })
    return statuses[0] === 200
  })
}

export const transportAttacks: readonly Attack[] = [
  ...slowAttacks,
  ...sizeAttacks,
  ...protocolAttacks,
]
