// Paths, headers and queries that try to be somebody else or to upset a framework, and signed bodies that
// try to upset whoever parses them.

import assert from 'node:assert/strict'
import { expectStored, freshBody, one, request, signature, storedTimes } from '../attack.ts'
import type { Attack, Row } from '../attack.ts'
import { exchange } from '../exchange.ts'
import { proxyAddress } from '../target-settings.ts'

const spoofing: Row = 'spoofing-and-paths'

const paths: [string, number][] = [
  ['//v1/hooks/levy', 404],
  ['/v1//hooks/levy', 404],
  ['/v1/hooks//levy', 404],
  ['/v1/hooks/levy/', 404],
  ['/v1/hooks/levy/..', 404],
  ['/v1/hooks/../hooks/levy', 404],
  ['/./v1/hooks/levy', 404],
  ['/V1/HOOKS/levy', 404],
  ['/v1/hooks/', 404],
  ['/v1/hooks/LEVY', 401],
  ['/v1/hooks/%6Cevy', 401],
  ['/v1/hooks/%2e%2e', 401],
  ['/v1/hooks/levy%00', 401],
  ['/v1/hooks/levy%2f', 401],
  ['/v1/hooks/levy;x=1', 401],
  ['/v1/hooks/levy#x', 401],
  ['/v1/hooks/..%5c..', 401],
  ['/v1/hooks/__proto__', 401],
  ['/v1/hooks/constructor', 401],
  [`/v1/hooks/${'a'.repeat(10_000)}`, 401],
  ['/../../etc/passwd', 404],
  ['/%zz', 404],
  ['/%00', 404],
  ['http://elsewhere/v1/hooks/levy', 200],
  ['/v1/hooks/levy?a=1', 200],
]

async function securityAddressOf(
  target: Parameters<Attack['run']>[0],
  endpoint: string,
): Promise<string[]> {
  return (await target.security())
    .filter(record => record.endpoint === endpoint)
    .map(({ address }) => address)
}

/** An id nobody used before finds its own security record. */
let endpoints = 0

function forwarded(name: string, lines: readonly string[], from: string, expected: string): Attack {
  return {
    row: spoofing,
    name,
    run: async target => {
      endpoints += 1
      const endpoint = `nobody-${endpoints}`
      const bytes = request({ path: `/v1/hooks/${endpoint}`, lines })
      const { statuses } = await exchange(target, bytes, { answers: 1, from })
      assert.deepEqual(statuses, [401])
      assert.deepEqual(await securityAddressOf(target, endpoint), [expected])
    },
  }
}

const spoofAttacks: Attack[] = [
  ...paths.map(([path, status]) =>
    one(spoofing, `${path.slice(0, 40)}: ${status}`, () => request({ path }), status),
  ),
  forwarded(
    'X-Forwarded-For of a stranger',
    ['X-Forwarded-For: 9.9.9.9'],
    '127.0.0.7',
    '127.0.0.7',
  ),
  forwarded(
    'Forwarded and X-Real-IP',
    ['Forwarded: for=9.9.9.9', 'X-Real-IP: 9.9.9.9'],
    '127.0.0.7',
    '127.0.0.7',
  ),
  forwarded(
    'X-Forwarded-For of the trusted proxy',
    ['X-Forwarded-For: 9.9.9.9'],
    proxyAddress,
    '9.9.9.9',
  ),
  forwarded(
    'a made up left end before the proxy',
    ['X-Forwarded-For: 1.1.1.1, 9.9.9.9'],
    proxyAddress,
    '9.9.9.9',
  ),
  forwarded(
    'two lines of X-Forwarded-For',
    ['X-Forwarded-For: 1.1.1.1', 'X-Forwarded-For: 9.9.9.8'],
    proxyAddress,
    '9.9.9.8',
  ),
  forwarded(
    'nonsense in X-Forwarded-For',
    ['X-Forwarded-For: 1.1.1.1, localhost'],
    proxyAddress,
    proxyAddress,
  ),
  {
    row: spoofing,
    name: 'X-Tenant-Id and tenant_id in the body: the tenant is the endpoint’s',
    run: async target => {
      const body = freshBody({ tenant_id: 'victim' })
      await exchange(target, request({ body, lines: ['X-Tenant-Id: victim'] }), { answers: 1 })
      await expectStored(target, body, 1)
      assert.ok((await target.raw()).every(({ tenant }) => tenant === 'acme'))
    },
  },
  one(
    spoofing,
    'X-HTTP-Method-Override: GET on a delivery',
    () => request({ lines: ['X-HTTP-Method-Override: GET'] }),
    200,
  ),
  one(
    spoofing,
    'X-HTTP-Method-Override: POST on a GET',
    () => request({ method: 'GET', lines: ['X-HTTP-Method-Override: POST'] }),
    405,
  ),
]

const oddities: Row = 'framework-oddities'
const get = (path: string): Buffer =>
  request({ method: 'GET', path, body: '', headers: {}, length: null })
const queries: [string, string][] = [
  ['a nested query', `a${'[b]'.repeat(100)}=1`],
  ['a query that names __proto__', '__proto__[x]=1&constructor[prototype][y]=2'],
  ['5000 parameters', Array.from({ length: 5000 }, (_, i) => `${i % 10}`).join('&')],
  ['a query that is not encoded right', '%zz=%ff&%'],
]
const odditiesAttacks: Attack[] = [
  ...queries.map(([name, query]) =>
    one(oddities, `${name} on /health`, () => get(`/health?${query}`), 200),
  ),
  ...queries.map(([name, query]) =>
    one(oddities, `${name} on a delivery`, () => request({ path: `/v1/hooks/levy?${query}` }), 200),
  ),
  one(oddities, 'a delivery without a body', () => request({ body: '', length: null }), 200),
  one(
    oddities,
    'a body on GET /health',
    () => request({ method: 'GET', path: '/health', body: '{"a":1}' }),
    200,
  ),
  one(oddities, 'POST /metrics', () => request({ path: '/metrics' }), 405),
  one(
    oddities,
    'JSON that does not parse on an unknown route',
    () => request({ path: '/v1/admin', body: '{' }),
    404,
  ),
  one(
    oddities,
    'a content type that is none',
    () => request({ lines: ['Content-Type: \xff/\xfe; charset=\xfd'] }),
    200,
  ),
  one(
    oddities,
    'multipart without a boundary',
    () => request({ lines: ['Content-Type: multipart/form-data'] }),
    200,
  ),
]

const payloads: [string, () => string][] = [
  ['400 KB of [', () => '['.repeat(400_000)],
  ['400 KB of {"a":', () => '{"a":'.repeat(80_000)],
  ['100,000 levels that close', () => '['.repeat(100_000) + ']'.repeat(100_000)],
  ['40,000 keys', () => `{${Array.from({ length: 40_000 }, (_, i) => `"${i}":0`).join(',')}}`],
  ['duplicate keys', () => '{"event_id":"a","event_id":"b"}'],
  ['9007199254740993', () => freshBody().replace('"r-1"', '9007199254740993')],
  ['1e400', () => freshBody().replace('"r-1"', '1e400')],
  ['a lone surrogate', () => freshBody().replace('r-1', '\\ud800')],
  [
    '__proto__ and constructor',
    () =>
      freshBody().replace('{', '{"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}},'),
  ],
  ['an id of 300 KB', () => freshBody({ resource_id: 'x'.repeat(300_000) })],
  ['a number of 300,000 digits', () => freshBody().replace('"r-1"', '9'.repeat(300_000))],
  ['escapes without an end', () => `{"a":"${'\\'.repeat(10_001)}`],
  ['not JSON', () => 'event=<script>alert(1)</script>'],
]
const jsonAttacks = payloads.map(([name, make]): Attack => ({
  row: 'json-payload',
  name: `${name}: signed, so stored as it is and answered 200`,
  run: async target => {
    const body = make()
    const before = await storedTimes(target, body)
    const bytes = request({ body, headers: signature(body) })
    const { statuses, elapsedMs } = await exchange(target, bytes, { answers: 1 })
    assert.deepEqual(statuses, [200])
    assert.ok(elapsedMs < 2500, `${Math.round(elapsedMs)} ms`)
    await expectStored(target, body, before + 1)
  },
}))

export const requestAttacks: readonly Attack[] = [
  ...spoofAttacks,
  ...odditiesAttacks,
  ...jsonAttacks,
]
