import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { headerNames, partitionOf, topics } from '@fleet/contracts'
import { createMemoryBroker } from '@fleet/kafka'
import { FleetError, systemClock } from '@fleet/runtime'
import { provenanceMac, sha256 } from '@fleet/signatures'
import type { LogBroker } from '../../src/shell/raw-log.ts'
import {
  challengeAnswer,
  closeEdges,
  eventually,
  levy,
  levyBody,
  openEdge,
  partitions,
  post,
  postLevy,
  rawExchange,
  provenanceKey,
  secrets,
  signed,
  smartcar,
  standardWebhooks,
} from '../edge-harness.ts'

after(closeEdges)

test('an accepted delivery is one raw record with its bytes, identity and provenance', async () => {
  const edge = await openEdge()
  const body = levyBody('e-1', { tenant_id: 'other', delivery_attempt: 2 })
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const response = await postLevy(edge, body, {
    traceparent,
    'user-agent': 'levy/1',
    authorization: 'Bearer x',
  })
  assert.equal(response.status, 200)
  const answer = (await response.json()) as { delivery_id: string }
  assert.match(answer.delivery_id, /^[0-9a-f]{8}-[0-9a-f]{4}-4/)
  assert.deepEqual(answer, { status: 'accepted', delivery_id: answer.delivery_id, records: 1 })

  const [record] = edge.log.records()
  assert.ok(record !== undefined && record.value !== null)
  assert.equal(record.key, 'acme/reservation/r-1')
  assert.equal(record.partition, partitionOf('acme/reservation/r-1', partitions))
  const mac = provenanceMac(provenanceKey, 'acme/reservation/r-1', record.value)
  assert.deepEqual(record.headers?.[headerNames.mac], mac)
  assert.equal(record.headers?.[headerNames.macKeyId], 'p1')
  const carried = String(record.headers?.[headerNames.traceparent])
  assert.match(carried, /^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$/)

  const [raw] = await edge.log.raw()
  assert.ok(raw !== undefined)
  assert.equal(Buffer.from(raw.body).toString(), body)
  assert.deepEqual(Buffer.from(raw.body_sha256), sha256(Buffer.from(body)))
  assert.ok(Math.abs(raw.received_at - systemClock.wallMs() * 1000) < 60_000_000)
  const { headers, body: _body, body_sha256: _hash, received_at: _at, ...rest } = raw
  assert.deepEqual(headers, {
    'content-type': 'application/json',
    'user-agent': 'levy/1',
    'x-levy-signature': signed(levy, body, secrets.levy)['x-levy-signature'],
    traceparent,
  })
  assert.deepEqual(rest, {
    delivery_id: answer.delivery_id,
    tenant_id: 'acme',
    endpoint_id: 'levy',
    source: 'levy',
    channel: 'WEBHOOK',
    remote_ip: '127.0.0.1',
    content_type: 'application/json',
    signature_scheme: 'generic/hmac-sha256',
    signature_key_id: 'k1',
    event_id: 'e-1',
    source_event_type: 'reservation.created',
    resource_type: 'reservation',
    resource_id: 'r-1',
    occurred_at: Date.UTC(2026, 10, 21, 8, 30) * 1000,
    delivery_attempt: 2,
    part_index: 0,
    part_count: 1,
    unidentified_reason: null,
    identifier_version: '1',
    replay_id: null,
    body_key_id: null,
  })
})

test('a signed body that is no JSON is stored and answered 200', async () => {
  const edge = await openEdge()
  const body = Buffer.from([0xff, 0x00, 0x7b])
  const response = await post(edge, 'levy', body, signed(levy, body, secrets.levy))
  assert.equal(response.status, 200)
  const [raw] = await edge.log.raw()
  assert.equal(raw?.unidentified_reason, 'not_json')
  assert.deepEqual(Buffer.from(raw?.body ?? []), body)
  assert.match(String(edge.log.records()[0]?.key), /^acme\/unidentified\/[0-9a-f]{32}$/)
})

function vehicles(count: number): string {
  const list = Array.from({ length: count }, (_, index) => ({
    vehicleId: `v-${index}`,
    requestId: `q-${index}`,
    data: [],
  }))
  const payload = { vehicles: list }
  return JSON.stringify({ version: '2.0', webhookId: 'w', eventName: 'schedule', payload })
}

test('a delivery with several vehicles is one record per vehicle, under one delivery id', async () => {
  const edge = await openEdge()
  const body = vehicles(3)
  const response = await post(edge, 'smartcar', body, signed(smartcar, body, secrets.smartcar))
  assert.equal(((await response.json()) as { records: number }).records, 3)
  const raw = await edge.log.raw()
  assert.deepEqual(
    raw.map(({ part_index, part_count, resource_id }) => [part_index, part_count, resource_id]),
    [
      [0, 3, 'v-0'],
      [1, 3, 'v-1'],
      [2, 3, 'v-2'],
    ],
  )
  assert.equal(new Set(raw.map(({ delivery_id }) => delivery_id)).size, 1)
})

test('some parts written and one refused: 503', async () => {
  const edge = await openEdge({
    append: record =>
      String(record.key).endsWith('v-1')
        ? Promise.reject(new FleetError('APPEND_UNKNOWN', 'transient', 'no answer'))
        : Promise.resolve({ offset: 0 }),
  })
  const body = vehicles(3)
  const response = await post(edge, 'smartcar', body, signed(smartcar, body, secrets.smartcar))
  assert.equal(response.status, 503)
  assert.equal(response.headers.get('retry-after'), '5')
  assert.equal(((await response.json()) as { code: string }).code, 'unavailable')
})

test('200 waits for every acknowledgement', async () => {
  const acknowledge: (() => void)[] = []
  const edge = await openEdge({
    append: () =>
      new Promise(resolve => {
        acknowledge.push(() => resolve({ offset: 0 }))
      }),
  })
  const body = vehicles(2)
  let status = 0
  const answered = post(edge, 'smartcar', body, signed(smartcar, body, secrets.smartcar)).then(
    response => {
      status = response.status
    },
  )
  await eventually(() => acknowledge.length === 2)
  acknowledge[0]?.()
  await fetch(`${edge.base}/health`)
  assert.equal(status, 0)
  acknowledge[1]?.()
  await answered
  assert.equal(status, 200)
})

test('no acknowledgement by the deadline: 503', async () => {
  const edge = await openEdge({
    env: { FLEET_INGEST_DEADLINE_MS: '50' },
    append: () => new Promise(() => {}),
  })
  assert.equal((await postLevy(edge, levyBody('e-1'))).status, 503)
})

for (const code of ['OVERLOADED', 'APPEND_FAILED', 'APPEND_UNKNOWN']) {
  test(`${code}: 503 with Retry-After`, async () => {
    const failure = new FleetError(code, 'transient', 'no')
    const edge = await openEdge({ append: () => Promise.reject(failure) })
    const response = await postLevy(edge, levyBody('e-1'))
    assert.equal(response.status, 503)
    assert.equal(response.headers.get('retry-after'), '5')
  })
}

test('a log that fails again and again is left alone, but for a probe that closes the breaker', async () => {
  const failure = new FleetError('APPEND_FAILED', 'transient', 'no')
  const edge = await openEdge({ append: () => Promise.reject(failure) })
  const ask = async (): Promise<number> => (await postLevy(edge, levyBody('e-1'))).status
  for (let i = 0; i < 20; i++) assert.equal(await ask(), 503)
  assert.ok(edge.log.records().length < 10, `${edge.log.records().length} appends`)
  edge.log.control.append = () => Promise.resolve({ offset: 0 })
  await eventually(async () => (await ask()) === 200)
  assert.equal(await ask(), 200)
})

test('after a failed append a cluster that hangs makes the process not ready', async () => {
  const written = [topics.raw.name, topics.security.name]
  const memory = createMemoryBroker({ topics: written, partitions })
  const broker: LogBroker = {
    openAdmin: async () => ({
      ...(await memory.openAdmin()),
      describeCluster: () => new Promise(() => {}),
    }),
    openAppender: async () => ({ ...(await memory.openAppender()), healthy: false }),
  }
  const edge = await openEdge({ broker })
  await eventually(async () => (await fetch(`${edge.base}/ready`)).status === 503)
  const { checks } = (await (await fetch(`${edge.base}/ready`)).json()) as {
    checks: Record<string, string>
  }
  assert.match(checks['kafka'] ?? '', /longer than 2000 ms/)
})

test('a failed appender makes the process not ready unless the cluster answers', async () => {
  const edge = await openEdge()
  edge.log.control.healthy = false
  await eventually(async () => (await fetch(`${edge.base}/ready`)).status === 200)
})

test('freshness is asked last: a stale but valid signature is 401 and recorded as stale', async () => {
  const edge = await openEdge()
  const body = levyBody('e-1')
  const nowMs = systemClock.wallMs()
  const ask = async (agedMs: number): Promise<number> => {
    const headers = signed(standardWebhooks, body, secrets.sw, nowMs - agedMs)
    return (await post(edge, 'sw', body, headers)).status
  }
  assert.equal(await ask(0), 200)
  assert.equal(await ask(250_000), 200)
  assert.equal(await ask(310_000), 401)
  assert.equal(await ask(-310_000), 401)
  const security = await edge.log.security()
  assert.deepEqual(
    security.map(({ reason, tenant_id }) => [reason, tenant_id]),
    [
      ['stale', 'acme'],
      ['stale', 'acme'],
    ],
  )
})

test('limits of the endpoint come after the signature and before freshness', async () => {
  const edge = await openEdge({
    endpoints: [
      { ...levy, limits: { body_bytes: 400, per_second: 1 } },
      { ...standardWebhooks, limits: { body_bytes: 400, per_second: 1 } },
    ],
  })
  const large = levyBody('e-1', { pad: 'p'.repeat(400) })
  assert.equal((await post(edge, 'levy', large)).status, 401)
  assert.equal((await postLevy(edge, large)).status, 413)
  const body = levyBody('e-2')
  const bad = { 'x-levy-signature': 'sha256=00' }
  for (let i = 0; i < 5; i++) assert.equal((await post(edge, 'levy', body, bad)).status, 401)
  // The forged ones took no token: the burst of two is still there.
  assert.equal((await postLevy(edge, body)).status, 200)
  assert.equal((await postLevy(edge, body)).status, 200)
  const limited = await postLevy(edge, body)
  assert.equal(limited.status, 429)
  assert.equal(limited.headers.get('retry-after'), '1')
  const stale = signed(standardWebhooks, body, secrets.sw, systemClock.wallMs() - 900_000)
  const statuses: number[] = []
  for (let i = 0; i < 3; i++) statuses.push((await post(edge, 'sw', body, stale)).status)
  assert.deepEqual(statuses, [401, 401, 429])
})

test('the limit of an address comes before the signature', async () => {
  const edge = await openEdge({ env: { FLEET_INGEST_ADDRESS_PER_SECOND: '1' } })
  const ask = async (headers = {}): Promise<number> =>
    (await post(edge, 'levy', '{}', headers)).status
  assert.equal(await ask(), 401)
  assert.equal(await ask(), 401)
  assert.equal(await ask(), 429)
  assert.equal(await ask({ 'content-encoding': 'gzip' }), 415)
})

test('security records are flood-limited: ten a minute for one thing, counted on', async () => {
  const edge = await openEdge()
  for (let i = 0; i < 25; i++) await post(edge, 'levy', 'x', { 'x-levy-signature': 'sha256=00' })
  await post(edge, 'nobody', 'body', { 'user-agent': 'a'.repeat(1000), cookie: 'c' })
  const security = await edge.log.security()
  assert.equal(security.filter(({ reason }) => reason === 'bad_signature').length, 10)
  const [bad] = security
  assert.equal(bad?.headers['x-levy-signature'], '[redacted]')
  const unknown = security.at(-1)
  assert.ok(unknown?.body_sha256 !== null && unknown?.body_sha256 !== undefined)
  assert.equal(unknown.reason, 'unknown_endpoint')
  assert.equal(unknown.tenant_id, null)
  assert.equal(unknown.endpoint_id, 'nobody')
  assert.equal(unknown.path, '/v1/hooks/nobody')
  assert.equal(unknown.method, 'POST')
  assert.equal(unknown.body_bytes, 4)
  assert.equal(unknown.headers['user-agent']?.length, 256)
  assert.equal(unknown.headers['cookie'], undefined)
})

const verify = (challenge: unknown): string =>
  JSON.stringify({ eventType: 'VERIFY', eventId: 'e', data: { challenge }, meta: {} })

function armedUntil(ms: number) {
  return { ...smartcar, verify_armed_until: new Date(systemClock.wallMs() + ms).toISOString() }
}

test('a signed challenge is answered, not stored, and recorded', async () => {
  const edge = await openEdge()
  const v2 = JSON.stringify({
    version: '2.0',
    webhookId: 'w',
    eventName: 'verify',
    payload: { challenge: 'abc-DEF_1' },
  })
  for (const body of [verify('abc-DEF_1'), v2]) {
    const response = await post(edge, 'smartcar', body, signed(smartcar, body, secrets.smartcar))
    assert.equal(response.status, 200)
    assert.deepEqual(await response.json(), { challenge: challengeAnswer('abc-DEF_1') })
  }
  assert.equal(edge.log.records().length, 0)
  assert.deepEqual(
    (await edge.log.security()).map(({ reason }) => reason),
    ['challenge_answered', 'challenge_answered'],
  )
})

test('an unsigned challenge is answered once while armed; another arming answers once more', async () => {
  const edge = await openEdge({ endpoints: [armedUntil(60_000)] })
  const ask = async (): Promise<number> => (await post(edge, 'smartcar', verify('abc'))).status
  assert.deepEqual([await ask(), await ask()], [200, 401])
  edge.files.endpoints([armedUntil(120_000)])
  await eventually(async () => (await ask()) === 200)
  assert.equal(await ask(), 401)
  const reasons = (await edge.log.security()).map(({ reason }) => reason)
  assert.equal(reasons.filter(reason => reason === 'challenge_answered').length, 2)
})

test('unsigned and not armed, or armed in the past: 401 as any other', async () => {
  const edge = await openEdge({ endpoints: [smartcar] })
  assert.equal((await post(edge, 'smartcar', verify('abc'))).status, 401)
  const past = await openEdge({ endpoints: [armedUntil(-1000)] })
  assert.equal((await post(past, 'smartcar', verify('abc'))).status, 401)
  assert.deepEqual(
    (await past.log.security()).map(({ reason }) => reason),
    ['missing_signature'],
  )
})

const badTokens = ['', 'a b', '{"a":1}', 'x'.repeat(129), 5, null, '../x', 'é']
for (const token of badTokens) {
  test(`the challenge ${JSON.stringify(token).slice(0, 20)} is refused, signed or armed`, async () => {
    const edge = await openEdge({ endpoints: [armedUntil(60_000)] })
    const body = verify(token)
    const isSigned = signed(smartcar, body, secrets.smartcar)
    assert.equal((await post(edge, 'smartcar', body, isSigned)).status, 401)
    assert.equal((await post(edge, 'smartcar', body)).status, 401)
    assert.deepEqual(
      (await edge.log.security()).map(({ reason }) => reason),
      ['challenge_refused', 'challenge_refused'],
    )
    // A refused one does not use the arming up.
    assert.equal((await post(edge, 'smartcar', verify('good'))).status, 200)
  })
}

test('while armed a wrong signature stays wrong, and an unsigned event stays unsigned', async () => {
  const edge = await openEdge({ endpoints: [armedUntil(60_000)] })
  const forged = { 'sc-signature': '00'.repeat(32) }
  assert.equal((await post(edge, 'smartcar', verify('abc'), forged)).status, 401)
  const event = JSON.stringify({ eventType: 'VEHICLE_STATE', eventId: 'e', vehicleId: 'v' })
  assert.equal((await post(edge, 'smartcar', event)).status, 401)
  const long = JSON.stringify({
    eventType: 'VERIFY',
    data: { challenge: 'a' },
    pad: 'p'.repeat(4096),
  })
  assert.equal((await post(edge, 'smartcar', long)).status, 401)
  assert.deepEqual(
    (await edge.log.security()).map(({ reason }) => reason),
    ['bad_signature', 'missing_signature', 'missing_signature'],
  )
})

test('beyond the deliveries that may wait: 503 at once, on a connection that goes on', async () => {
  const waiting: (() => void)[] = []
  const edge = await openEdge({
    env: { FLEET_INGEST_WAITING: '2' },
    append: () =>
      new Promise(resolve => {
        waiting.push(() => resolve({ offset: 0 }))
      }),
  })
  const first = [postLevy(edge, levyBody('e-1')), postLevy(edge, levyBody('e-2'))]
  await eventually(() => waiting.length === 2)
  const refused = await postLevy(edge, levyBody('e-3'))
  assert.equal(refused.status, 503)
  assert.equal(refused.headers.get('retry-after'), '5')
  assert.notEqual(refused.headers.get('connection'), 'close')
  assert.equal(((await refused.json()) as { code: string }).code, 'unavailable')
  for (const answer of waiting) answer()
  for (const answered of await Promise.all(first)) assert.equal(answered.status, 200)
  const last = postLevy(edge, levyBody('e-3'))
  await eventually(() => waiting.length === 3)
  waiting[2]?.()
  assert.equal((await last).status, 200)
})

/** An edge that has as many deliveries waiting as may. */
async function openCrowded() {
  const waiting: (() => void)[] = []
  const edge = await openEdge({
    env: { FLEET_INGEST_WAITING: '1' },
    limits: { headersTimeoutMs: 400, requestTimeoutMs: 400, timeoutCheckMs: 50 },
    append: () =>
      new Promise(resolve => {
        waiting.push(() => resolve({ offset: 0 }))
      }),
  })
  const first = postLevy(edge, levyBody('e-1'))
  await eventually(() => waiting.length === 1)
  const free = async (): Promise<void> => {
    for (const answer of waiting) answer()
    assert.equal((await first).status, 200)
  }
  return { edge, free }
}

const answersIn = (text: string): string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = '']) => status)

test('a crowded edge ends the connection of a body without an announced length', async () => {
  const { edge, free } = await openCrowded()
  const head = 'POST /v1/hooks/levy HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
  const answer = await rawExchange(edge.port, head, '5\r\nhello\r\n')
  assert.deepEqual(answersIn(answer), ['503'])
  assert.match(answer, /connection: close/i)
  await free()
})

test('a body that is left behind and never arrives gets no second answer', async () => {
  const { edge, free } = await openCrowded()
  const head = 'POST /v1/hooks/levy HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n'
  assert.deepEqual(answersIn(await rawExchange(edge.port, head, 'x')), ['503'])
  await free()
})
