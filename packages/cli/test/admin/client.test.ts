import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { platformSettings } from '@fleet/config'
import { AdminClient } from '../../src/admin/client.ts'
import { exitCodes, failureOf } from '../../src/exit-code.ts'

interface Reply {
  status: number
  etag?: string
  body?: object
}

const seen: { line: string; headers: IncomingMessage['headers']; body: string }[] = []
let replies: Record<string, Reply> = {}
const server = createServer((request, response) => {
  let body = ''
  request.on('data', data => (body += String(data)))
  request.on('end', () => {
    const line = `${request.method} ${request.url}`
    seen.push({ line, headers: request.headers, body })
    const reply = replies[line] ?? { status: 404, body: { code: 'not_found', detail: 'no' } }
    if (reply.etag !== undefined) response.setHeader('etag', reply.etag)
    response.statusCode = reply.status
    response.end(reply.body === undefined ? '' : JSON.stringify(reply.body))
  })
})
let client: AdminClient

before(async () => {
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  client = new AdminClient(`http://127.0.0.1:${port}`, 'flk_key')
})
after(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  seen.length = 0
  replies = {}
})

async function failing(work: Promise<unknown>): Promise<{ exitCode: number; text: string }> {
  try {
    await work
  } catch (error) {
    return failureOf(error)
  }
  throw new Error('it did not fail')
}

test('something new is made only when it is not there yet', async () => {
  replies['PUT /v1/admin/tenants/a'] = { status: 200, body: { id: 'a' } }
  await client.put('/tenants/a', { name: 'A' })
  assert.equal(seen[1]?.headers['if-none-match'], '*')
  assert.equal(seen[1]?.headers.authorization, 'Bearer flk_key')
  assert.equal(seen[1]?.body, '{"name":"A"}')
})

test('what exists is replaced and removed only in the state that was read', async () => {
  replies['GET /v1/admin/tenants/a'] = { status: 200, etag: '"7"', body: { id: 'a' } }
  replies['PUT /v1/admin/tenants/a'] = { status: 200, body: {} }
  replies['DELETE /v1/admin/tenants/a'] = { status: 204 }
  await client.put('/tenants/a', { name: 'A' })
  await client.delete('/tenants/a')
  const [, put, , removal] = seen
  assert.equal(put?.headers['if-match'], '"7"')
  assert.equal(removal?.headers['if-match'], '"7"')
})

test('a list is read to its last page', async () => {
  const first = { items: [{ id: 'a/b' }], next: 'a/b' }
  replies['GET /v1/admin/secrets?limit=500'] = { status: 200, body: first }
  const last = { items: [{ id: 'c' }], next: null }
  replies['GET /v1/admin/secrets?limit=500&after=a%2Fb'] = { status: 200, body: last }
  assert.deepEqual(await client.list('/secrets'), [{ id: 'a/b' }, { id: 'c' }])
})

const refusals: [string, Reply, number, RegExp][] = [
  ['a wrong key', { status: 401, body: { detail: 'The API key is unknown.' } }, 2, /unknown/],
  ['a missing scope', { status: 403, body: { detail: 'lacks the scope admin' } }, 2, /scope admin/],
  ['mistakes', { status: 422, body: { detail: 'See.', problems: ['a: x', 'b: y'] } }, 2, /b: y/],
  ['a change of others', { status: 412, body: { detail: 'It has changed.' } }, 1, /changed/],
  ['no control plane', { status: 404, body: { code: 'no_route' } }, 2, /FLEET_CONTROL_PLANE=on/],
  ['no document', { status: 503 }, 1, /503/],
]
for (const [name, reply, exitCode, text] of refusals) {
  test(`${name}: exit ${exitCode} and what to do`, async () => {
    replies['POST /v1/admin/x'] = reply
    const failure = await failing(client.post('/x', {}))
    assert.equal(failure.exitCode, exitCode)
    assert.match(failure.text, text)
    assert.ok(!failure.text.includes('flk_key'))
  })
}

test('an API that is not there is exit 3, a key that is not there exit 2', async () => {
  const nobody = new AdminClient('http://127.0.0.1:1', 'flk_key')
  const away = await failing(nobody.get('/tenants'))
  assert.equal(away.exitCode, exitCodes.unreachable)
  const settings = platformSettings({ FLEET_CLI_KEY_REF: 'env:FLEET_NO_SUCH_KEY' })
  assert.throws(() => AdminClient.of(settings), /FLEET_API_KEY/)
})
