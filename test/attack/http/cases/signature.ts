// Deliveries that pretend to be signed, and signed ones whose bytes a careless verifier would get wrong.

import assert from 'node:assert/strict'
import {
  levy,
  secrets,
  signed,
  smartcar,
  standardWebhooks,
} from '../../../../services/ingester/test/edge-harness.ts'
import { expectStored, freshBody, one, request, signature, storedTimes } from '../attack.ts'
import type { Attack, Row } from '../attack.ts'
import { exchange } from '../exchange.ts'
import type { Answer } from '../exchange.ts'

const row: Row = 'signature-malformed'
const header = 'x-levy-signature'

const hexOf = (body: string): string => (signature(body)[header] ?? '').slice('sha256='.length)

/** Of the right signature's hex digits. */
const genericForms: [string, (hex: string) => string, number][] = [
  ['generic: right', hex => `sha256=${hex}`, 200],
  ['generic: upper-case hex', hex => `sha256=${hex.toUpperCase()}`, 200],
  ['generic: empty', () => '', 401],
  ['generic: prefix alone', () => 'sha256=', 401],
  ['generic: without its prefix', hex => hex, 401],
  ['generic: another prefix', hex => `sha1=${hex}`, 401],
  ['generic: truncated', hex => `sha256=${hex.slice(0, -2)}`, 401],
  ['generic: half a byte short', hex => `sha256=${hex.slice(0, -1)}`, 401],
  ['generic: trailing junk', hex => `sha256=${hex}zz`, 401],
  ['generic: trailing zero byte in hex', hex => `sha256=${hex}00`, 401],
  ['generic: no hex', () => `sha256=${'g'.repeat(64)}`, 401],
  ['generic: zeros', () => `sha256=${'0'.repeat(64)}`, 401],
  ['generic: base64', hex => `sha256=${Buffer.from(hex, 'hex').toString('base64')}`, 401],
  ['generic: twice in one header', hex => `sha256=${hex}, sha256=${hex}`, 401],
]

const generic: Attack[] = [
  ...genericForms.map(([name, form, status]) => {
    const body = freshBody()
    return one(row, name, () => request({ body, headers: { [header]: form(hexOf(body)) } }), status)
  }),
  one(row, 'generic: no header', () => request({ headers: {} }), 401),
  one(
    row,
    'generic: the header twice',
    () => {
      const body = freshBody()
      return request({ body, lines: [`${header}: ${signature(body)[header]}`] })
    },
    401,
  ),
  one(
    row,
    'generic: wrong secret',
    () => {
      const body = freshBody()
      return request({ body, headers: signed(levy, body, 'wrong') })
    },
    401,
  ),
  one(
    row,
    'generic: empty secret',
    () => {
      const body = freshBody()
      const empty = { [header]: `sha256=${emptyKeyMac}` }
      return request({ body, headers: empty })
    },
    401,
  ),
]

/** HMAC-SHA256 of nothing with an empty key (RFC 2104; the value every library prints). */
const emptyKeyMac = 'b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad'

type Headers = Record<string, string>
const nowMs = (): number => performance.timeOrigin + performance.now()
const partnerAt = (body: string, offsetSeconds: number): Headers =>
  signed(standardWebhooks, body, secrets.sw, nowMs() + offsetSeconds * 1000)

const partnerForms: [string, (body: string) => Headers, number][] = [
  ['right', body => partnerAt(body, 0), 200],
  ['299 s old', body => partnerAt(body, -298), 200],
  ['301 s old', body => partnerAt(body, -302), 401],
  ['301 s ahead', body => partnerAt(body, 302), 401],
  ['no id', body => without(partnerAt(body, 0), 'webhook-id'), 401],
  ['empty id', body => ({ ...partnerAt(body, 0), 'webhook-id': '' }), 401],
  ['id with a dot', body => ({ ...partnerAt(body, 0), 'webhook-id': 'msg.1' }), 401],
  ['no timestamp', body => without(partnerAt(body, 0), 'webhook-timestamp'), 401],
  ['empty timestamp', body => ({ ...partnerAt(body, 0), 'webhook-timestamp': '' }), 401],
  ['timestamp "hello"', body => ({ ...partnerAt(body, 0), 'webhook-timestamp': 'hello' }), 401],
  ['timestamp with trailing letters', body => suffixed(partnerAt(body, 0)), 401],
  ['no signature', body => without(partnerAt(body, 0), 'webhook-signature'), 401],
  ['empty signature', body => ({ ...partnerAt(body, 0), 'webhook-signature': '' }), 401],
  ['v1 and nothing', body => ({ ...partnerAt(body, 0), 'webhook-signature': 'v1,' }), 401],
  ['truncated', body => changed(partnerAt(body, 0), text => text.slice(0, -4)), 401],
  ['only v2', body => changed(partnerAt(body, 0), text => text.replace('v1,', 'v2,')), 401],
  ['several, one valid', body => changed(partnerAt(body, 0), text => `v1,AAAA v2,x ${text}`), 200],
  ['the secret as text, not decoded', body => signedByText(body), 401],
]

const partner = partnerForms.map(([name, form, status]) =>
  one(
    row,
    `standard-webhooks: ${name}`,
    () => {
      const body = freshBody({ type: 'reservation.created' })
      return request({ path: '/v1/hooks/sw', body, headers: form(body) })
    },
    status,
  ),
)

function without(headers: Headers, name: string): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name))
}

function suffixed(headers: Headers): Headers {
  return { ...headers, 'webhook-timestamp': `${headers['webhook-timestamp']}abc` }
}

function changed(headers: Headers, change: (text: string) => string): Headers {
  return { ...headers, 'webhook-signature': change(headers['webhook-signature'] ?? '') }
}

function signedByText(body: string): Headers {
  const text = Buffer.from(secrets.sw).toString('base64')
  return signed(standardWebhooks, body, `whsec_${text}`, nowMs())
}

const challenge = JSON.stringify({ eventType: 'VERIFY', data: { challenge: 'abc' } })
const vehicle: Attack[] = [
  one(
    row,
    'smartcar: unsigned VERIFY while nobody armed the endpoint',
    () => request({ path: '/v1/hooks/smartcar', body: challenge, headers: {} }),
    401,
  ),
  one(
    row,
    'smartcar: signed VERIFY with a challenge that is markup',
    () => {
      const body = challenge.replace('abc', '<script>')
      const headers = signed(smartcar, body, secrets.smartcar)
      return request({ path: '/v1/hooks/smartcar', body, headers })
    },
    401,
  ),
  one(
    row,
    'smartcar: wrong secret',
    () => {
      const headers = signed(smartcar, challenge, 'wrong')
      return request({ path: '/v1/hooks/smartcar', body: challenge, headers })
    },
    401,
  ),
]

const odd: [string, Buffer][] = [
  ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
  ['a byte order mark', Buffer.from(`\uFEFF${freshBody()}`)],
  ['NUL', Buffer.from(`${freshBody()}\0`)],
  ['CR and LF', Buffer.from(`\r\n${freshBody()}\r\n\r\n`)],
  ['nothing at all', Buffer.alloc(0)],
  ['a lone surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
]
const rawBytes: Attack[] = [
  ...odd.map(([name, body]): Attack => ({
    row: 'signature-raw-bytes',
    name: `${name}: signed as sent, stored as sent`,
    run: async target => {
      const before = await storedTimes(target, body)
      const { statuses } = await exchange(target, request({ body }), { answers: 1 })
      assert.deepEqual(statuses, [200])
      await expectStored(target, body, before + 1)
    },
  })),
  one(
    'signature-raw-bytes',
    'two bodies that are the same as text have not the same signature',
    () => {
      const headers = signature(Buffer.from([0x7b, 0xff, 0x7d]))
      return request({ body: Buffer.from([0x7b, 0xfe, 0x7d]), headers })
    },
    401,
  ),
  one(
    'signature-raw-bytes',
    'white space added on the way',
    () => {
      const body = freshBody()
      return request({ body: `${body} `, headers: signature(body) })
    },
    401,
  ),
]

const replay: Attack = {
  row: 'signature-replay',
  name: 'a valid request again and again: 200, removed later',
  run: async target => {
    const body = freshBody()
    for (let i = 0; i < 3; i++) {
      const { statuses } = await exchange(target, request({ body }), { answers: 1 })
      assert.deepEqual(statuses, [200])
    }
    await expectStored(target, body, 3)
  },
}

const refusals = {
  'unknown endpoint': () => request({ path: '/v1/hooks/nobody' }),
  'disabled endpoint': () => request({ path: '/v1/hooks/off' }),
  'wrong signature': () => request({ headers: { [header]: `sha256=${'0'.repeat(64)}` } }),
  'no signature': () => request({ headers: {} }),
  'an adapter of another kind': () => request({ path: '/v1/hooks/sw', headers: {} }),
}

function comparable({ status, headers, body }: Answer): string {
  const { date: _date, ...rest } = headers
  return JSON.stringify([status, rest, body])
}

const oracle: Attack[] = [
  {
    row: 'signature-no-oracle',
    name: 'every 401 is the same, byte for byte',
    run: async target => {
      const texts = new Set<string>()
      for (const bytes of Object.values(refusals)) {
        const { answers } = await exchange(target, bytes(), { answers: 1 })
        for (const answer of answers) texts.add(comparable(answer))
      }
      assert.equal(texts.size, 1)
    },
  },
  {
    row: 'signature-no-oracle',
    name: 'an unknown endpoint takes as long as a wrong signature',
    run: async target => {
      const known: number[] = []
      const unknown: number[] = []
      for (let i = 0; i < 25; i++) {
        known.push(
          (await exchange(target, refusals['wrong signature'](), { answers: 1 })).elapsedMs,
        )
        unknown.push(
          (await exchange(target, refusals['unknown endpoint'](), { answers: 1 })).elapsedMs,
        )
      }
      const apartMs = Math.abs(median(known) - median(unknown))
      // A machine under load is no measure; a hundredfold difference would show all the same.
      assert.ok(apartMs < 5, `the medians are ${apartMs} ms apart`)
    },
  },
]

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

export const signatureAttacks: readonly Attack[] = [
  ...generic,
  ...partner,
  ...vehicle,
  ...rawBytes,
  replay,
  ...oracle,
]
