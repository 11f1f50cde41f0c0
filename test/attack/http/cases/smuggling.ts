// Requests that two programs on one way would read differently. Behind each stands a complete, signed
// delivery: if the edge ever takes it for a request of its own, it was smuggled.

import assert from 'node:assert/strict'
import { expectClosed, expectStored, freshBody, request } from '../attack.ts'
import type { Attack } from '../attack.ts'
import { exchange } from '../exchange.ts'

const start = 'POST /v1/hooks/levy HTTP/1.1\r\nHost: edge\r\n'
const chunked = 'Transfer-Encoding: chunked\r\n'

const heads: Record<string, string> = {
  'Content-Length and Transfer-Encoding': `${start}Content-Length: 4\r\n${chunked}\r\n0\r\n\r\n`,
  'Transfer-Encoding and Content-Length': `${start}${chunked}Content-Length: 4\r\n\r\n0\r\n\r\n`,
  'Content-Length twice, different': `${start}Content-Length: 0\r\nContent-Length: 5\r\n\r\n`,
  'Content-Length twice, the same': `${start}Content-Length: 0\r\nContent-Length: 0\r\n\r\n`,
  'Content-Length as a list': `${start}Content-Length: 0, 0\r\n\r\n`,
  'Content-Length with a sign': `${start}Content-Length: +0\r\n\r\n`,
  'Content-Length below zero': `${start}Content-Length: -1\r\n\r\n`,
  'Content-Length in hex': `${start}Content-Length: 0x0\r\n\r\n`,
  'Content-Length that overflows': `${start}Content-Length: 18446744073709551616\r\n\r\n`,
  'Content-Length with a space before the colon': `${start}Content-Length : 0\r\n\r\n`,
  'an unknown transfer coding': `${start}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  'a coding before chunked': `${start}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  'chunked twice': `${start}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
  'chunked, then identity': `${start}${chunked}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
  'identity, then chunked': `${start}Transfer-Encoding: identity\r\n${chunked}\r\n0\r\n\r\n`,
  'chunked on a line of its own (obs-fold)': `${start}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`,
  'chunked with a vertical tab': `${start}Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n`,
  'Transfer-Encoding with a space before the colon': `${start}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
  'Transfer-Encoding in HTTP/1.0': `${start.replace('1.1', '1.0')}${chunked}\r\n0\r\n\r\n`,
  'a folded header (obs-fold)': `${start}X-A: 1\r\n folded\r\nContent-Length: 0\r\n\r\n`,
  'bare LF after the request line': `${start.replace('\r\n', '\n')}Content-Length: 0\r\n\r\n`,
  'bare LF after a header': `${start}X-A: 1\nContent-Length: 0\r\n\r\n`,
  'bare LF as the end of the head': `${start}Content-Length: 0\r\n\n`,
  'bare CR in a header': `${start}X-A: 1\rContent-Length: 5\r\n\r\n`,
  'NUL in a header': `${start}X-A: a\0b\r\nContent-Length: 0\r\n\r\n`,
  'a space before the first header': 'POST / HTTP/1.1\r\n Host: edge\r\nContent-Length: 0\r\n\r\n',
  'a header without a name': `${start}: x\r\nContent-Length: 0\r\n\r\n`,
  'a header without a colon': `${start}nonsense\r\nContent-Length: 0\r\n\r\n`,
  'two Hosts': `${start}Host: other\r\nContent-Length: 0\r\n\r\n`,
  'no Host': 'POST /v1/hooks/levy HTTP/1.1\r\nContent-Length: 0\r\n\r\n',
  'a chunk size in 0x': `${start}${chunked}\r\n0x1\r\nx\r\n0\r\n\r\n`,
  'a chunk size with a sign': `${start}${chunked}\r\n+1\r\nx\r\n0\r\n\r\n`,
  'a chunk size below zero': `${start}${chunked}\r\n-1\r\nx\r\n0\r\n\r\n`,
  'a chunk size that overflows': `${start}${chunked}\r\nfffffffffffffffff\r\nx\r\n0\r\n\r\n`,
  'a space after the chunk size': `${start}${chunked}\r\n1 \r\nx\r\n0\r\n\r\n`,
  'a chunk longer than it says': `${start}${chunked}\r\n1\r\nxy\r\n0\r\n\r\n`,
  'bare LF after the chunk size': `${start}${chunked}\r\n1\nx\r\n0\r\n\r\n`,
  'bare LF after the chunk': `${start}${chunked}\r\n1\r\nx\n0\r\n\r\n`,
  'bare LF in a chunk extension': `${start}${chunked}\r\n1;a\nb\r\nx\r\n0\r\n\r\n`,
  'Content-Length in the trailer': `${start}${chunked}\r\n0\r\nContent-Length: 5\r\n\r\n`,
  'a space in the target': 'POST /v1/hooks/levy x HTTP/1.1\r\nHost: edge\r\n\r\n',
  'HTTP/1.2': 'POST /v1/hooks/levy HTTP/1.2\r\nHost: edge\r\n\r\n',
  'no version (HTTP/0.9)': 'GET /v1/hooks/levy\r\n\r\n',
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
}

export const smugglingAttacks: readonly Attack[] = Object.entries(heads).map(
  ([name, head]): Attack => ({
    row: 'transport-smuggling',
    name: `${name}: 400, and nothing behind it is read`,
    run: async target => {
      const smuggled = freshBody()
      const bytes = Buffer.concat([Buffer.from(head, 'latin1'), request({ body: smuggled })])
      const ended = await exchange(target, bytes)
      // A trailer comes after the body: that delivery may already have its own answer, an unsigned one.
      const [first, ...more] = ended.statuses
      assert.ok(first === 400 || (first === 401 && name.includes('trailer')), `answered ${first}`)
      assert.deepEqual(more, [])
      expectClosed(ended)
      await expectStored(target, smuggled, 0)
    },
  }),
)
