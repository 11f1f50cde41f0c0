import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { FleetError, systemClock } from '@fleet/runtime'
import { createMetrics, silentLogger } from '@fleet/telemetry'
import type { StateStore, StoredState } from '../../src/core/state-store.ts'
import { createApi } from '../../src/shell/http-app.ts'
import { exampleState } from '../example-state.ts'

class FakeStore implements StateStore {
  readonly entries = new Map<string, StoredState>()
  failure: Error | null = null
  readonly asked: string[] = []

  read(recordKey: string): Promise<StoredState | null> {
    this.asked.push(recordKey)
    if (this.failure !== null) return Promise.reject(this.failure)
    return Promise.resolve(this.entries.get(recordKey) ?? null)
  }

  check(): string {
    return this.failure === null ? 'ok' : 'Redis is not reachable'
  }
}

let store = new FakeStore()
let server: Server
let base = ''

before(async () => {
  const ports = {
    store: {
      read: (key: string) => store.read(key),
      check: () => store.check(),
    },
    metrics: createMetrics('api'),
    logger: silentLogger,
    clock: systemClock,
    plane: null,
    isKeyRequired: false,
    failedLoginsPerMinute: 20,
    trustedProxies: [],
  }
  server = createServer(createApi(ports))
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

after(() => {
  server.closeAllConnections()
  server.close()
})

beforeEach(() => {
  store = new FakeStore()
  store.entries.set('demo/vehicle/V%2F1', { state: exampleState(), partition: 3, offset: 12 })
  store.entries.set('demo/reservation/R1', { state: exampleState(), partition: 1, offset: 2 })
})

async function get(path: string, init?: RequestInit) {
  const response = await fetch(base + path, init)
  const text = await response.text()
  const body: unknown = text.startsWith('{') ? JSON.parse(text) : text
  return { status: response.status, headers: response.headers, body }
}

test('a resource is shown with the coordinates it reflects', async () => {
  const { status, body } = await get('/v1/resources/vehicle/V%2F1?tenant=demo')
  assert.equal(status, 200)
  const shown = body as { state: Record<string, unknown>; as_of: unknown }
  assert.deepEqual(shown.as_of, { partition: 3, offset: 12 })
  assert.equal(shown.state['updated_at'], '2026-11-21T08:30:00.123456Z')
  assert.equal(shown.state['version'], 7)
})

const spellings = [
  ['an alias of the type', '/v1/resources/booking/R1?tenant=demo', 'demo/reservation/R1'],
  ['camel case', '/v1/resources/rentalSession/x?tenant=demo', 'demo/rental_session/x'],
  ['an id decoded once', '/v1/resources/vehicle/a%252Fb?tenant=demo', 'demo/vehicle/a%252Fb'],
  ['a plus is a plus', '/v1/resources/vehicle/a+b?tenant=demo', 'demo/vehicle/a%2Bb'],
  ['UTF-8', '/v1/resources/vehicle/%C3%A9?tenant=d%20o', 'd%20o/vehicle/%C3%A9'],
] as const

for (const [rule, path, key] of spellings) {
  test(`the record key: ${rule}`, async () => {
    await get(path)
    assert.deepEqual(store.asked, [key])
  })
}

const refusals = [
  ['GET', '/v1/resources/vehicle/unknown?tenant=demo', 404, 'not_found'],
  ['GET', '/v1/resources/%00/x?tenant=demo', 404, 'not_found'],
  ['GET', '/v1/resources/vehicle/V1', 400, 'malformed_request'],
  ['GET', '/v1/resources/vehicle/V1?tenant=', 400, 'malformed_request'],
  ['GET', '/v1/resources/vehicle/V1?tenant=a&tenant=b', 400, 'malformed_request'],
  ['GET', '/v1/resources/vehicle/%E0%A4%A?tenant=demo', 400, 'malformed_request'],
  ['GET', '/v1/resources/vehicle?tenant=demo', 404, 'no_route'],
  ['POST', '/v1/hooks/levy-demo', 404, 'no_route'],
  ['POST', '/v1/resources/vehicle/V1?tenant=demo', 405, 'method_not_allowed'],
] as const

for (const [method, path, status, code] of refusals) {
  test(`${method} ${path} is refused with ${status} ${code}`, async () => {
    const answer = await get(path, { method })
    assert.equal(answer.status, status)
    assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
    const document = answer.body as Record<string, unknown>
    assert.deepEqual(Object.keys(document), ['type', 'title', 'status', 'detail', 'code'])
    assert.equal(document['type'], `urn:fleet:problem:${code}`)
    assert.equal(document['status'], status)
    assert.equal(document['code'], code)
  })
}

test('while the view is away the answer is 503 with Retry-After, and health stays', async () => {
  store.failure = new FleetError('REDIS_UNREACHABLE', 'transient', 'secret detail')
  const answer = await get('/v1/resources/vehicle/V1?tenant=demo')
  assert.equal(answer.status, 503)
  assert.equal(answer.headers.get('retry-after'), '1')
  assert.doesNotMatch(JSON.stringify(answer.body), /secret/)
  assert.equal((await get('/health')).status, 200)
  const ready = await get('/ready')
  assert.equal(ready.status, 503)
  assert.deepEqual(ready.body, { ready: false, checks: { redis: 'Redis is not reachable' } })
})

test('an unforeseen failure is 500 without its message', async () => {
  store.failure = new TypeError('secret detail')
  const answer = await get('/v1/resources/vehicle/V1?tenant=demo')
  assert.equal(answer.status, 500)
  assert.doesNotMatch(JSON.stringify(answer.body), /secret/)
})

test('operators find health, readiness and metrics', async () => {
  assert.deepEqual((await get('/health')).body, { status: 'ok' })
  assert.deepEqual((await get('/ready')).body, { ready: true, checks: { redis: 'ok' } })
  await get('/v1/resources/booking/R1?tenant=demo')
  const { body } = await get('/metrics')
  assert.match(String(body), /fleet_api_seconds_count\{status="200"/)
})
