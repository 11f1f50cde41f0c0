import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import type { ControlState } from '@fleet/control'
import { levy, masterKey, openAdminApi } from './admin-harness.ts'
import type { AdminApi } from './admin-harness.ts'

const admin = '/v1/admin'
const opened: AdminApi[] = []
let api: AdminApi

beforeEach(async () => {
  api = await openAdminApi()
  opened.push(api)
})
after(async () => {
  for (const each of opened) await each.close()
})

async function furnish(): Promise<void> {
  await api.make(`${admin}/tenants/demo`, { name: 'Demo' })
  await api.make(`${admin}/endpoints/levy`, { tenant_id: 'demo', definition: levy })
}

async function makeKey(body: object): Promise<string> {
  const reply = await api.ask('POST', `${admin}/api-keys`, { body: { name: 'n', ...body } })
  assert.equal(reply.status, 201, JSON.stringify(reply.body))
  return String(reply.body['key'])
}

test('without a key, with a wrong one, with the right one in another form: the same 401', async () => {
  const wrong = `flk_${'0'.repeat(16)}_${'A'.repeat(43)}`
  const asked = [
    { key: null },
    { key: wrong },
    { key: `${api.root}x` },
    { key: null, headers: { authorization: `Basic ${api.root}` } },
    { key: null, headers: { 'x-api-key': api.root } },
  ]
  for (const each of asked) {
    const reply = await api.ask('GET', `${admin}/tenants`, each)
    assert.equal(reply.status, 401)
    assert.equal(reply.body['code'], 'unauthorized')
    assert.equal(reply.headers.get('www-authenticate'), 'Bearer')
    assert.match(reply.headers.get('content-type') ?? '', /^application\/problem\+json/)
  }
  assert.equal((await api.ask('GET', `${admin}/tenants`)).status, 200)
})

test('what a key may not is 403, what is another tenant’s is 404', async () => {
  await furnish()
  await api.make(`${admin}/tenants/other`, { name: 'Other' })
  const reader = await makeKey({ scopes: ['events:read'] })
  assert.equal((await api.ask('GET', `${admin}/endpoints`, { key: reader })).status, 403)
  const writer = await makeKey({ scopes: ['endpoints:write'], tenant_id: 'other' })
  const list = await api.ask('GET', `${admin}/endpoints`, { key: writer })
  assert.deepEqual(list.body, { items: [], next: null })
  assert.equal((await api.ask('GET', `${admin}/endpoints/levy`, { key: writer })).status, 404)
  assert.equal((await api.ask('GET', `${admin}/tenants`, { key: writer })).status, 403)
  assert.equal((await api.ask('GET', `${admin}/audit`, { key: writer })).status, 403)
})

test('a change needs what the caller has seen: 428 without, 412 stale, done with it', async () => {
  await furnish()
  const path = `${admin}/endpoints/levy`
  const body = { tenant_id: 'demo', definition: { ...levy, enabled: false } }
  const { etag } = await api.ask('GET', path)
  assert.match(etag, /^"\d+"$/)
  assert.equal((await api.ask('PUT', path, { body })).status, 428)
  const put = (header: string) => api.ask('PUT', path, { body, headers: { 'if-match': header } })
  assert.equal((await put('"1"')).status, 412)
  assert.equal((await put(`W/${etag}`)).status, 412)
  assert.equal((await put('nonsense')).status, 400)
  const done = await put(`"99", ${etag}`)
  assert.equal(done.status, 200)
  assert.notEqual(done.etag, etag)
  assert.equal((await put(etag)).status, 412)
  assert.equal((await api.ask('DELETE', path)).status, 428)
  const gone = await api.ask('DELETE', path, { headers: { 'if-match': done.etag } })
  assert.equal(gone.status, 204)
  assert.equal((await api.ask('GET', path)).status, 404)
})

test('of changes sent at once with the same ETag exactly one is made', async () => {
  await furnish()
  const path = `${admin}/endpoints/levy`
  const { etag } = await api.ask('GET', path)
  const replies = await Promise.all(
    Array.from({ length: 8 }, (_, number) =>
      api.ask('PUT', path, {
        body: { tenant_id: 'demo', definition: { ...levy, source: `s${number}` } },
        headers: { 'if-match': etag },
      }),
    ),
  )
  const statuses = replies.map(({ status }) => status)
  assert.equal(statuses.filter(status => status === 200).length, 1)
  assert.equal(statuses.filter(status => status === 412).length, 7)
})

test('a definition with mistakes is 422 with every one of them', async () => {
  await api.make(`${admin}/tenants/demo`, { name: 'Demo' })
  const body = { tenant_id: 'demo', definition: { adapter: 'no', colour: 'red' } }
  const headers = { 'if-none-match': '*' }
  const reply = await api.ask('PUT', `${admin}/endpoints/x`, { body, headers })
  assert.equal(reply.status, 422)
  const problems = (reply.body['problems'] as string[]).join('\n')
  for (const part of ['adapter', 'colour', 'source']) assert.match(problems, new RegExp(part))
})

const badRequests: [string, number, object][] = [
  ['not JSON', 400, { body: '{"name":' }],
  ['a list', 400, { body: [] }],
  ['a text', 400, { body: '"x"' }],
  ['no body', 415, {}],
  ['empty', 400, { body: '' }],
  ['a byte order mark alone', 400, { body: '\uFEFF' }],
  ['said to be JSON and not there', 400, { headers: { 'content-type': 'application/json' } }],
  ['another type', 415, { body: 'name=x', headers: { 'content-type': 'text/plain' } }],
  ['too large', 413, { body: { name: 'x'.repeat(70_000) } }],
  ['compressed', 415, { body: { name: 'x' }, headers: { 'content-encoding': 'gzip' } }],
  ['an unknown member', 422, { body: { name: 'x', colour: 'red' } }],
  ['a member of another type', 422, { body: { name: 7 } }],
  ['a member missing', 422, { body: {} }],
  ['a prototype', 422, { body: '{"__proto__":{"name":"x"}}' }],
]
for (const [name, status, asked] of badRequests) {
  test(`a body that is ${name} is ${status} and nothing of it is repeated`, async () => {
    const reply = await api.ask('PUT', `${admin}/tenants/x`, {
      ...asked,
      headers: { 'if-none-match': '*', ...(asked as { headers?: object }).headers },
    })
    assert.equal(reply.status, status, JSON.stringify(reply.body))
    assert.equal(reply.body['status'], status)
    assert.ok(!JSON.stringify(reply.body).includes('xxxx'))
  })
}

test('unknown and repeated query parameters and bad limits are 400', async () => {
  for (const query of ['colour=red', 'limit=1&limit=2', 'limit=0', 'limit=501', 'limit=x']) {
    assert.equal((await api.ask('GET', `${admin}/tenants?${query}`)).status, 400, query)
  }
})

test('lists come in pages, each resource once', async () => {
  for (let number = 0; number < 5; number++) {
    await api.make(`${admin}/tenants/t${number}`, { name: 'T' })
  }
  const ids: unknown[] = []
  let query = 'limit=2'
  for (;;) {
    const { body } = await api.ask('GET', `${admin}/tenants?${query}`)
    ids.push(...(body['items'] as { id: string }[]).map(({ id }) => id))
    const { next } = body as { next: string | null }
    if (next === null) break
    query = `limit=2&after=${next}`
  }
  assert.deepEqual(ids, ['t0', 't1', 't2', 't3', 't4'])
})

test('secrets and keys are in no answer, no audit, no log line and not in the topic', async () => {
  await furnish()
  const path = `${admin}/secrets/levy/k1`
  const value = 'very-secret-signing-key'
  const made = await api.make(path, { value })
  const { body } = await api.ask('POST', `${admin}/api-keys`, {
    body: { name: 'ops', scopes: ['admin'] },
  })
  const key = String(body['key'])
  const renewed = await api.ask('PUT', path, {
    body: { value: `${value}-2` },
    headers: { 'if-match': made.etag },
  })
  assert.equal(renewed.status, 200)
  await api.ask('GET', `${admin}/tenants`, { key })
  const state: ControlState = api.plane.state
  const [hash = '-'] = [...state.apiKeys.values()].map(at => at.hash)
  const shownTexts = []
  for (const list of ['secrets', 'api-keys', 'audit', 'endpoints-file', 'endpoints', 'tenants']) {
    shownTexts.push(JSON.stringify((await api.ask('GET', `${admin}/${list}`)).body))
  }
  shownTexts.push(JSON.stringify(made.body), JSON.stringify(renewed.body), ...api.lines)
  const sealed = [...state.secrets.values()].map(at => JSON.stringify(at.source))
  const all = shownTexts.join('\n')
  for (const part of [value, key, api.root, hash, ...sealed]) assert.ok(!all.includes(part))
  const topicTexts = JSON.stringify([...state.secrets.values(), ...state.apiKeys.values()])
  for (const part of [value, key, api.root]) assert.ok(!topicTexts.includes(part))
})

test('a key is rotated with an overlap over HTTP, and its last use is shown', async () => {
  const old = await api.ask('POST', `${admin}/api-keys`, {
    body: { name: 'ops', scopes: ['admin'] },
  })
  const path = `${admin}/api-keys/${String(old.body['id'])}`
  assert.equal((await api.ask('GET', path)).body['last_used_at'], null)
  const key = String(old.body['key'])
  const rotated = await api.ask('POST', `${path}/rotate`, {
    key,
    body: { overlap_seconds: 0 },
    headers: { 'if-match': old.etag },
  })
  assert.equal(rotated.status, 201)
  assert.notEqual((await api.ask('GET', path)).body['last_used_at'], null)
  assert.equal((await api.ask('GET', path, { key })).status, 401)
  assert.equal((await api.ask('GET', path, { key: String(rotated.body['key']) })).status, 200)
})

test('after a new master key secrets are sealed again without a restart', async () => {
  await furnish()
  await api.make(`${admin}/secrets/levy/k1`, { value: 'x' })
  api.masterKeys = `${masterKey('m2', 2)}\n${masterKey('m1', 1)}`
  const reply = await api.ask('POST', `${admin}/secrets-reseal`)
  assert.deepEqual(reply.body, { resealed: 1, remaining: 0, unopened: [] })
  const { body } = await api.ask('GET', `${admin}/secrets/levy/k1`)
  assert.equal(body['master_key_id'], 'm2')
})

test('the audit says who changed what, and the first key was made by the operator', async () => {
  await furnish()
  const { body } = await api.ask('GET', `${admin}/audit?limit=2`)
  const items = body['items'] as Record<string, unknown>[]
  assert.deepEqual(
    items.map(({ action, id }) => [action, id]),
    [
      ['endpoint.created', 'levy'],
      ['tenant.created', 'demo'],
    ],
  )
  const older = await api.ask('GET', `${admin}/audit?before=${String(body['before'])}`)
  const [first] = older.body['items'] as Record<string, unknown>[]
  assert.equal(first?.['actor'], 'bootstrap')
  assert.equal(items[0]?.['actor'], first?.['id'])
})

test('the first admin key is made once', async () => {
  assert.equal(await api.plane.bootstrap('again'), null)
})

test('endpoints.json goes in and comes out', async () => {
  const entry = { id: 'e1', tenant_id: 'demo', ...levy, secrets: [{ id: 'k1', ref: 'file:e1.k1' }] }
  const file = { version: 1, endpoints: [entry] }
  const imported = await api.ask('POST', `${admin}/endpoints-file`, { body: file })
  assert.deepEqual(imported.body['changed'], { tenants: 1, endpoints: 1, secrets: 1 })
  const { body } = await api.ask('GET', `${admin}/endpoints-file`)
  const again = await api.ask('POST', `${admin}/endpoints-file`, { body: body['file'] })
  assert.deepEqual(again.body['changed'], { tenants: 0, endpoints: 0, secrets: 0 })
})

test('in production a state is read with a key of that tenant alone', async () => {
  const strict = await openAdminApi({ isKeyRequired: true })
  opened.push(strict)
  const path = '/v1/resources/vehicle/V1?tenant=demo'
  assert.equal((await strict.ask('GET', path, { key: null })).status, 401)
  assert.equal((await strict.ask('GET', path)).status, 404)
  await strict.make(`${admin}/tenants/other`, { name: 'o' })
  const body = { name: 'r', scopes: ['events:read'], tenant_id: 'other' }
  const made = await strict.ask('POST', `${admin}/api-keys`, { body })
  const key = String(made.body['key'])
  assert.equal((await strict.ask('GET', path, { key })).status, 403)
  assert.equal(
    (await strict.ask('GET', '/v1/resources/vehicle/V1?tenant=other', { key })).status,
    404,
  )
})

test('a key for a sender is made for its endpoint, shown with it, and opens nothing here', async () => {
  await furnish()
  const keyed = { source: 'old', adapter: 'generic', auth: 'api-key' }
  await api.make(`${admin}/endpoints/old`, { tenant_id: 'demo', definition: keyed })
  const body = { name: 'n', tenant_id: 'demo', scopes: ['events:write'], endpoint_id: 'old' }
  const made = await api.ask('POST', `${admin}/api-keys`, { body })
  assert.equal(made.status, 201)
  assert.equal(made.body['endpoint_id'], 'old')
  const key = String(made.body['key'])
  for (const path of [`${admin}/endpoints`, `${admin}/tenants`, `${admin}/audit`]) {
    assert.equal((await api.ask('GET', path, { key })).status, 403)
  }
  const resource = '/v1/resources/reservation/R1?tenant=demo'
  assert.equal((await api.ask('GET', resource, { key })).status, 403)
  const wrong = { ...body, scopes: ['events:write', 'admin'] }
  assert.equal((await api.ask('POST', `${admin}/api-keys`, { body: wrong })).status, 422)
})

test('an import names secrets that the file has not, and removes them when it is asked to', async () => {
  await furnish()
  await api.make(`${admin}/secrets/levy/k1`, { value: 'one' })
  const secrets = [{ id: 'k2', ref: 'file:k2' }]
  const entry = { id: 'levy', tenant_id: 'demo', ...levy, secrets }
  const body = { version: 1, endpoints: [entry] }
  const path = `${admin}/endpoints-file`
  const kept = await api.ask('POST', path, { body })
  assert.deepEqual(kept.body['left_secrets'], ['levy/k1'])
  assert.equal((await api.ask('GET', `${admin}/secrets/levy/k1`)).status, 200)
  const pruned = await api.ask('POST', `${path}?prune=true`, { body })
  assert.deepEqual(pruned.body['removed_secrets'], ['levy/k1'])
  assert.equal((await api.ask('GET', `${admin}/secrets/levy/k1`)).status, 404)
  assert.equal((await api.ask('POST', `${path}?prune=yes`, { body })).status, 400)
})
