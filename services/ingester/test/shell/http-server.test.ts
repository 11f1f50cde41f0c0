import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createLogger } from '@fleet/telemetry'
import { problemOf } from '../../src/core/problem.ts'
import type { ProblemCode } from '../../src/core/problem.ts'
import {
  closeEdges,
  eventually,
  levy,
  levyBody,
  openEdge,
  post,
  postLevy,
  rawExchange,
  secrets,
  signed,
} from '../edge-harness.ts'

after(closeEdges)

const edge = await openEdge({
  env: { FLEET_BODY_MAX_BYTES: '2000' },
  limits: { headersTimeoutMs: 400, requestTimeoutMs: 400, timeoutCheckMs: 50 },
  endpoints: [levy, { ...levy, id: 'off', enabled: false }],
})

async function assertProblem(response: Response, code: ProblemCode): Promise<void> {
  const problem = problemOf(code)
  assert.equal(response.status, problem.status)
  assert.equal(response.headers.get('content-type'), 'application/problem+json')
  assert.deepEqual(await response.json(), problem)
}

function rawProblem(answer: string): { status: number; code: string; head: string } {
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  const { code } = JSON.parse(body) as { code: string }
  return { status: Number(head.slice(9, 12)), code, head }
}

const routes: [string, string, ProblemCode | 'accepted'][] = [
  ['POST', '/v1/hooks/levy', 'accepted'],
  ['POST', '/v1/hooks/levy?any=query', 'accepted'],
  ['POST', '/v1/hooks/levy/', 'no_route'],
  ['POST', '/v1/hooks/', 'no_route'],
  ['POST', '/v1/hooks', 'no_route'],
  ['POST', '/v1/hooks/levy/more', 'no_route'],
  ['POST', '/V1/hooks/levy', 'no_route'],
  ['POST', '/', 'no_route'],
  ['POST', '/v1/hooks/%6Cevy', 'unauthorized'],
  ['POST', '/v1/hooks/__proto__', 'unauthorized'],
  ['POST', '/health', 'method_not_allowed'],
  ['GET', '/v1/hooks/levy', 'method_not_allowed'],
  ['PUT', '/v1/hooks/unknown', 'method_not_allowed'],
  ['DELETE', '/v1/hooks/levy', 'method_not_allowed'],
  ['GET', '/health/', 'no_route'],
  ['GET', '/%zz', 'no_route'],
]
for (const [method, path, expected] of routes) {
  test(`${method} ${path}: ${expected}`, async () => {
    const body = levyBody('e-1')
    const hasBody = method !== 'GET'
    const response = await fetch(`${edge.base}${path}`, {
      method,
      headers: signed(levy, body, secrets.levy),
      ...(hasBody ? { body } : {}),
    })
    if (expected === 'accepted') return assert.equal(response.status, 200)
    await assertProblem(response, expected)
    if (expected === 'method_not_allowed') {
      const allow = path === '/health' ? 'GET, HEAD' : 'POST'
      assert.equal(response.headers.get('allow'), allow)
    }
  })
}

test('health, readiness and metrics are served beside the deliveries', async () => {
  assert.deepEqual(await (await fetch(`${edge.base}/health`)).json(), { status: 'ok' })
  assert.deepEqual(await (await fetch(`${edge.base}/ready`)).json(), {
    ready: true,
    checks: { process: 'ok', endpoints: 'ok', provenance: 'ok', schemas: 'ok', kafka: 'ok' },
  })
  const text = await (await fetch(`${edge.base}/metrics`)).text()
  assert.match(text, /^fleet_ingest_deliveries_total\{endpoint="levy",outcome="accepted"\} \d+$/m)
  assert.match(text, /^fleet_ingest_seconds_bucket\{le="0\.01"\} \d+$/m)
})

test('unknown ids share one label, however many are tried', async () => {
  for (const id of ['a', 'b', 'c']) await post(edge, id, '{}')
  const text = await edge.metrics.text()
  const labels = [...text.matchAll(/deliveries_total\{endpoint="([^"]*)"/g)].map(match => match[1])
  for (const id of ['a', 'b', 'c']) assert.ok(!labels.includes(id), id)
  assert.ok(labels.includes('levy') && labels.includes('unknown'))
})

// Order of the contract: size, encoding, (addresses: token-bucket.test.ts), signature, freshness.
const tooLarge = 'x'.repeat(2001)
const precedence: [string, string, string, Record<string, string>, ProblemCode][] = [
  ['size before encoding', 'levy', tooLarge, { 'content-encoding': 'gzip' }, 'body_too_large'],
  ['size before the endpoint', 'unknown', tooLarge, {}, 'body_too_large'],
  [
    'encoding before signature',
    'levy',
    'x',
    { 'content-encoding': 'gzip' },
    'unsupported_encoding',
  ],
  [
    'encoding before the endpoint',
    'none',
    'x',
    { 'content-encoding': 'br' },
    'unsupported_encoding',
  ],
  ['one of several', 'levy', 'x', { 'content-encoding': 'identity, br' }, 'unsupported_encoding'],
  ['identity is no encoding', 'levy', 'x', { 'content-encoding': 'Identity' }, 'unauthorized'],
  ['a disabled endpoint', 'off', 'x', signed(levy, 'x', secrets.levy), 'unauthorized'],
  ['no signature', 'levy', 'x', {}, 'unauthorized'],
  ['another key', 'levy', 'x', signed(levy, 'x', 'wrong'), 'unauthorized'],
  ['another body', 'levy', 'y', signed(levy, 'x', secrets.levy), 'unauthorized'],
]
for (const [name, id, body, headers, code] of precedence) {
  test(`${name}: ${code}`, async () => {
    await assertProblem(await post(edge, id, body, headers), code)
  })
}

test('every 401 is the same, byte for byte', async () => {
  const answers = await Promise.all(
    ['levy', 'off', 'unknown', 'x'.repeat(500)].map(async id => {
      const response = await post(edge, id, 'x', { 'x-levy-signature': 'sha256=00' })
      const headers = [...response.headers].filter(([name]) => name !== 'date')
      return JSON.stringify([response.status, headers, await response.text()])
    }),
  )
  assert.equal(new Set(answers).size, 1)
})

test('a body of exactly the limit is taken', async () => {
  const body = levyBody('e-2', { pad: '' })
  const full = levyBody('e-2', { pad: 'p'.repeat(2000 - body.length) })
  assert.equal(full.length, 2000)
  assert.equal((await postLevy(edge, full)).status, 200)
})

test('an announced size over the limit is refused unread, and the connection ends', async () => {
  const head = 'POST /v1/hooks/levy HTTP/1.1\r\nHost: a\r\nContent-Length: 2001\r\n\r\n'
  const { status, code, head: answered } = rawProblem(await rawExchange(edge.port, head))
  assert.deepEqual({ status, code }, { status: 413, code: 'body_too_large' })
  assert.match(answered, /connection: close/i)
})

test('a chunked body is refused as soon as it is too large, and the connection ends', async () => {
  const head = 'POST /v1/hooks/levy HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
  const chunk = `3e8\r\n${'x'.repeat(1000)}\r\n`
  const answer = await rawExchange(edge.port, head, chunk, chunk, chunk)
  const { status, code, head: answered } = rawProblem(answer)
  assert.deepEqual({ status, code }, { status: 413, code: 'body_too_large' })
  assert.match(answered, /connection: close/i)
})

test('a sender who goes on sending still gets the 413', async () => {
  const response = await post(edge, 'levy', 'x'.repeat(3_000_000))
  await assertProblem(response, 'body_too_large')
})

const malformed = {
  'not HTTP at all': 'HELLO\r\n\r\n',
  'an unknown method': 'FOO /v1/hooks/levy HTTP/1.1\r\nHost: a\r\n\r\n',
  'no Host': 'POST /v1/hooks/levy HTTP/1.1\r\nContent-Length: 0\r\n\r\n',
  'two lengths':
    'POST /v1/hooks/levy HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
  'a bad chunk':
    'POST /v1/hooks/levy HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  'headers over 16 KiB': `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`,
}
for (const [name, bytes] of Object.entries(malformed)) {
  test(`${name}: 400 malformed_request`, async () => {
    const { status, code } = rawProblem(await rawExchange(edge.port, bytes))
    assert.deepEqual({ status, code }, { status: 400, code: 'malformed_request' })
  })
}

test('a body that does not arrive in time: 408 request_timeout', async () => {
  const head = 'POST /v1/hooks/levy HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nx'
  const { status, code } = rawProblem(await rawExchange(edge.port, head))
  assert.deepEqual({ status, code }, { status: 408, code: 'request_timeout' })
  await eventually(async () =>
    (await edge.metrics.text()).includes('{endpoint="levy",outcome="request_timeout"} 1'),
  )
})

test('a signature header sent twice is 401, even when both are right', async () => {
  const body = levyBody('e-3')
  const signature = signed(levy, body, secrets.levy)['x-levy-signature'] ?? ''
  const line = `X-Levy-Signature: ${signature}\r\n`
  const ask = (lines: string): Promise<string> =>
    rawExchange(
      edge.port,
      `POST /v1/hooks/levy HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines}`,
      `Content-Length: ${body.length}\r\n\r\n${body}`,
    )
  assert.match(await ask(line), /^HTTP\/1\.1 200 /)
  assert.equal(rawProblem(await ask(line + line)).status, 401)
})

test('upper-case hex is taken, the prefix is required', async () => {
  const body = levyBody('e-4')
  const signature = signed(levy, body, secrets.levy)['x-levy-signature'] ?? ''
  const hex = signature.slice('sha256='.length)
  const withHeader = (value: string): Promise<Response> =>
    post(edge, 'levy', body, { 'x-levy-signature': value })
  assert.equal((await withHeader(`sha256=${hex.toUpperCase()}`)).status, 200)
  assert.equal((await withHeader(hex)).status, 401)
})

test('no answer and no log line holds a secret, a signature or a piece of a body', async () => {
  const lines: string[] = []
  const destination = { write: (line: string): unknown => lines.push(line) }
  const logger = createLogger('test', { level: 'trace', destination })
  const talkative = await openEdge({ logger, env: { FLEET_BODY_MAX_BYTES: '2000' } })
  const marker = 'MARKER-0f3a'
  const body = levyBody(marker, { data: { name: marker } })
  const good = signed(levy, body, secrets.levy)
  const requests: [string, string, Record<string, string>][] = [
    ['levy', body, good],
    ['levy', body, { 'x-levy-signature': `sha256=${marker}` }],
    ['levy', marker + body, good],
    ['levy', body, { ...good, 'content-encoding': marker }],
    ['levy', marker.repeat(500), good],
    ['smartcar', JSON.stringify({ eventType: 'VERIFY', data: { challenge: marker } }), {}],
    [marker, body, good],
  ]
  for (const [id, text, headers] of requests) {
    const response = await post(talkative, id, text, headers)
    const shown = JSON.stringify([...response.headers]) + (await response.text())
    assert.ok(!shown.includes(marker), shown)
    assert.ok(!shown.includes(good['x-levy-signature'] ?? '?'))
  }
  const logged = lines.filter(line => !line.includes(`"endpointId":"${marker}"`)).join('')
  assert.ok(logged.includes('delivery.accepted') && logged.includes('delivery.refused'))
  for (const secret of [marker, ...Object.values(secrets), good['x-levy-signature'] ?? '?']) {
    assert.ok(!logged.includes(secret), secret)
  }
})
