// Endpoints whose senders can't sign: everything that looks like a key and is none, keys in the wrong
// place, and what of a key is left behind.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { expectStored, freshBody, one, request, signature } from '../attack.ts'
import type { Attack, RequestParts, Row } from '../attack.ts'
import { exchange } from '../exchange.ts'
import { headerKey, senderKey } from '../target-settings.ts'

const row: Row = 'api-key-endpoint'
const path = '/v1/hooks/keyed'
const hash = createHash('sha256').update(senderKey).digest('hex')
const changedKey = `${senderKey.slice(0, -1)}${senderKey.endsWith('J') ? 'K' : 'J'}`

const keyed = (parts: RequestParts = {}): Buffer => request({ path, headers: {}, ...parts })
const lines = (...given: readonly string[]): Buffer => keyed({ lines: given })

/** Of the line `Authorization:`. */
const values: [string, string, number][] = [
  ['right', `Bearer ${senderKey}`, 200],
  ['the scheme in lower case', `bearer ${senderKey}`, 200],
  ['wrong', `Bearer ${changedKey}`, 401],
  ['nothing', '', 401],
  ['the scheme alone', 'Bearer', 401],
  ['the scheme and a space', 'Bearer ', 401],
  ['without a scheme', senderKey, 401],
  ['another scheme', `Basic ${Buffer.from(`a:${senderKey}`).toString('base64')}`, 401],
  ['a token of another kind', `Token ${senderKey}`, 401],
  ['truncated', `Bearer ${senderKey.slice(0, -1)}`, 401],
  ['trailing junk', `Bearer ${senderKey}x`, 401],
  ['in upper case', `Bearer ${senderKey.toUpperCase()}`, 401],
  ['twice with a comma', `Bearer ${senderKey}, Bearer ${senderKey}`, 401],
  ['twice with a space', `Bearer ${senderKey} ${senderKey}`, 401],
  ['percent-encoded', `Bearer ${senderKey.replace('-', '%2D')}`, 401],
  ['in quotes', `Bearer "${senderKey}"`, 401],
  ['the hash that is stored', `Bearer ${hash}`, 401],
  ['the hash as it is stored', `Bearer sha256:${hash}`, 401],
  ['the hash of nothing', `Bearer ${createHash('sha256').update('').digest('hex')}`, 401],
  ['the key of another endpoint', `Bearer ${headerKey}`, 401],
  ['a key of the API that nobody made', `Bearer flk_${'0'.repeat(16)}_${'A'.repeat(43)}`, 401],
  ['a prototype', 'Bearer __proto__', 401],
  ['bytes above ASCII', `Bearer ${senderKey}\xff`, 401],
  ['10 KB', `Bearer ${'k'.repeat(10_000)}`, 401],
  ['20 KB', `Bearer ${'k'.repeat(20_000)}`, 400],
  ['with NUL', `Bearer ${senderKey}\0`, 400],
]

const places: [string, () => Buffer, number][] = [
  ['no header', () => keyed(), 401],
  ['the header twice', () => lines(bearer, bearer), 401],
  [
    'a wrong one before the right one',
    () => lines(`Authorization: Bearer ${changedKey}`, bearer),
    401,
  ],
  [
    'in the query',
    () => keyed({ path: `${path}?access_token=${senderKey}&key=${senderKey}` }),
    401,
  ],
  ['in a cookie', () => lines(`Cookie: authorization=Bearer ${senderKey}`), 401],
  ['in X-Api-Key', () => lines(`X-Api-Key: ${senderKey}`), 401],
  ['in Proxy-Authorization', () => lines(`Proxy-Authorization: Bearer ${senderKey}`), 401],
  ['in the body', () => keyed({ body: freshBody({ api_key: senderKey }) }), 401],
  ['in the trailer', () => inTrailer(), 401],
  [
    'as user and password of the target',
    () => keyed({ path: `http://k:${senderKey}@edge${path}` }),
    401,
  ],
  [
    'a signature of the levy endpoint instead',
    () => {
      const body = freshBody()
      return keyed({ body, headers: signature(body) })
    },
    401,
  ],
  [
    'the key at an endpoint that wants a signature',
    () => request({ headers: { Authorization: `Bearer ${senderKey}` } }),
    401,
  ],
  [
    'the key at an endpoint that is not there',
    () => keyed({ path: '/v1/hooks/nobody', lines: [bearer] }),
    401,
  ],
  [
    'a header of its own: right',
    () => keyed({ path: ownPath, lines: [`x-sender-key: ${headerKey}`] }),
    200,
  ],
  [
    'a header of its own: in Authorization',
    () => keyed({ path: ownPath, lines: [`Authorization: Bearer ${headerKey}`] }),
    401,
  ],
  [
    'a header of its own: with a scheme',
    () => keyed({ path: ownPath, lines: [`X-Sender-Key: Bearer ${headerKey}`] }),
    401,
  ],
  ['a header of its own: twice', () => keyed({ path: ownPath, lines: [own, own] }), 401],
  [
    'a header of its own: with an underscore',
    () => keyed({ path: ownPath, lines: [`X_Sender_Key: ${headerKey}`] }),
    401,
  ],
]

const bearer = `Authorization: Bearer ${senderKey}`
const ownPath = '/v1/hooks/keyed-too'
const own = `X-Sender-Key: ${headerKey}`

function inTrailer(): Buffer {
  const head = keyed({ body: '', length: null, lines: ['Transfer-Encoding: chunked'] })
  return Buffer.concat([head, Buffer.from(`2\r\n{}\r\n0\r\n${bearer}\r\n\r\n`)])
}

const oracle: Attack = {
  row,
  name: 'every 401 of it is that of any other endpoint, byte for byte',
  run: async target => {
    const texts = new Set<string>()
    const attempts = [
      lines(`Authorization: Bearer ${changedKey}`),
      keyed(),
      keyed({ path: '/v1/hooks/nobody', lines: [bearer] }),
      keyed({ path: '/v1/hooks/off', lines: [bearer] }),
      request({ headers: {} }),
    ]
    for (const bytes of attempts) {
      const { answers } = await exchange(target, bytes, { answers: 1 })
      for (const { status, headers, body } of answers) {
        texts.add(JSON.stringify([status, { ...headers, date: null }, body]))
      }
    }
    assert.equal(texts.size, 1)
  },
}

const limited: Attack = {
  row,
  name: 'wrong keys do not use up the limit of its endpoint; right ones do',
  run: async target => {
    const send = async (line: string): Promise<number | undefined> => {
      const bytes = keyed({ path: '/v1/hooks/keyed-limited', lines: [line] })
      return (await exchange(target, bytes, { answers: 1, from: '127.0.0.61' })).statuses[0]
    }
    for (let i = 0; i < 10; i++) {
      assert.equal(await send(`Authorization: Bearer ${changedKey}`), 401)
    }
    assert.equal(await send(bearer), 200)
    const more = await Promise.all(Array.from({ length: 10 }, () => send(bearer)))
    assert.ok(more.includes(429), String(more))
  },
}

const replayed: Attack = {
  row,
  name: 'the same delivery again: 200, removed later',
  run: async target => {
    const body = freshBody()
    for (let i = 0; i < 3; i++) {
      const { statuses } = await exchange(target, keyed({ body, lines: [bearer] }), { answers: 1 })
      assert.deepEqual(statuses, [200])
    }
    await expectStored(target, body, 3)
  },
}

const untold: Attack = {
  row,
  name: 'neither a right key nor a wrong one stands in a record, a log line or a metric',
  run: async target => {
    const wrong = `k-untold-${'x'.repeat(30)}`
    const body = freshBody({ note: 'told' })
    const attempts = [
      keyed({ body, lines: [bearer] }),
      keyed({ lines: [`Authorization: Bearer ${wrong}`] }),
      keyed({ path: `${path}?key=${wrong}` }),
      keyed({ path: `http://k:${wrong}@edge${path}` }),
      keyed({ lines: [`Cookie: key=${wrong}`, `X-Api-Key: ${wrong}`] }),
      keyed({ path: ownPath, lines: [`X-Sender-Key: ${wrong}`] }),
    ]
    for (const bytes of attempts) await exchange(target, bytes, { answers: 1 })
    assert.equal(await target.tells(wrong), false)
    assert.equal(await target.tells(`Bearer ${senderKey}`), false)
    assert.equal(await target.tells(hash), false)
    assert.equal(await target.tells('"told"'), true)
  },
}

export const apiKeyAttacks: readonly Attack[] = [
  ...values.map(([name, value, status]) =>
    one(row, `Authorization: ${name}`, () => lines(`Authorization: ${value}`), status),
  ),
  ...places.map(([name, bytes, status]) => one(row, name, bytes, status)),
  oracle,
  limited,
  replayed,
  untold,
]
