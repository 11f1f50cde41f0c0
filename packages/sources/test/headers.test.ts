import assert from 'node:assert/strict'
import { test } from 'node:test'

import { keptHeaders, readHeader } from '../src/headers.ts'
import { endpointOf, levy, smartcar, standardWebhooks } from './endpoint-of.ts'

const sent = {
  'content-type': 'application/json',
  'user-agent': 'sender/1',
  authorization: 'Bearer secret',
  cookie: 'session=secret',
  'x-levy-signature': 'sha256=00',
  'sc-signature': '00',
  'webhook-signature': ['v1,a', 'v1,b'],
  'webhook-id': 'msg_1',
  'webhook-timestamp': '1700000000',
  'x-request-id': 'r1',
  'x-time': '1700000000',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  'x-unknown': undefined,
}
const always = {
  'content-type': 'application/json',
  'user-agent': 'sender/1',
  'webhook-id': 'msg_1',
  'webhook-timestamp': '1700000000',
  'x-request-id': 'r1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
}

test('a raw record keeps the listed headers and those of its own signature, nothing else', () => {
  assert.deepEqual(keptHeaders(levy, sent), { ...always, 'x-levy-signature': 'sha256=00' })
  assert.deepEqual(keptHeaders(smartcar, sent), { ...always, 'sc-signature': '00' })
})

test('a header sent twice is kept as one text', () => {
  const kept = { ...always, 'webhook-signature': 'v1,a, v1,b' }
  assert.deepEqual(keptHeaders(standardWebhooks, sent), kept)
})

test('a configured timestamp header is kept', () => {
  const signature = { header: 'x-levy-signature', timestamp_header: 'X-Time' }
  const kept = { ...always, 'x-levy-signature': 'sha256=00', 'x-time': '1700000000' }
  assert.deepEqual(keptHeaders(endpointOf({ signature }), sent), kept)
})

test('a header that must stand alone is missing, one or repeated', () => {
  const headers = { one: ' a ', none: '', list: ['a'], lists: ['a', 'a'], nothing: [] }
  assert.deepEqual(readHeader(headers, 'one'), { kind: 'one', value: 'a' })
  // UTF-8 "à" as Latin-1 text ends in a no-break space, which belongs to the value.
  assert.deepEqual(readHeader({ id: '\u00c3\u00a0' }, 'id'), { kind: 'one', value: '\u00c3\u00a0' })
  assert.deepEqual(readHeader(headers, 'list'), { kind: 'one', value: 'a' })
  assert.deepEqual(readHeader(headers, 'lists'), { kind: 'repeated' })
  for (const name of ['none', 'nothing', 'absent', 'toString']) {
    assert.deepEqual(readHeader(headers, name), { kind: 'missing' })
  }
})
