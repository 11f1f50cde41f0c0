// How answers of a registry are classified, against a scripted HTTP server. The real registry is in
// test/integration/schemas.integration.test.ts.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { FleetError } from '@fleet/runtime'
import { httpRegistry } from '../src/index.ts'
import type { RegistryAdmin } from '../src/index.ts'

async function answering(context: TestContext, status: number, body: string) {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { registry: httpRegistry(`http://127.0.0.1:${port}/base/`), requests }
}

const missing = '{"error_code":40403,"message":"Schema not found"}'
const cases: [status: number, body: string, outcome: string | null][] = [
  [200, '{"schema":"\\"string\\""}', '"string"'],
  [404, missing, null],
  [404, '<html>not found</html>', 'REGISTRY_UNREACHABLE transient'],
  [404, '{"error_code":404,"message":"HTTP 404 Not Found"}', 'REGISTRY_UNREACHABLE transient'],
  [200, '<html>welcome</html>', 'REGISTRY_UNREACHABLE transient'],
  [500, '{"error_code":50001}', 'REGISTRY_UNREACHABLE transient'],
  [502, 'bad gateway', 'REGISTRY_UNREACHABLE transient'],
  [429, '', 'REGISTRY_UNREACHABLE transient'],
  [408, '', 'REGISTRY_UNREACHABLE transient'],
  [401, '', 'REGISTRY_REFUSED fatal'],
  [403, '', 'REGISTRY_REFUSED fatal'],
  [422, '{"error_code":42201}', 'REGISTRY_REFUSED fatal'],
]

for (const [status, body, outcome] of cases) {
  test(`schema by id, ${status} ${body}: ${outcome ?? 'no such schema'}`, async context => {
    const { registry, requests } = await answering(context, status, body)
    assert.equal(await registry.findSchema(7).catch(described), outcome)
    assert.deepEqual(requests, ['GET /base/schemas/ids/7'])
  })
}

function described(error: unknown): string {
  return error instanceof FleetError ? `${error.code} ${error.fate}` : String(error)
}

const calls: [name: string, call: (registry: RegistryAdmin) => Promise<unknown>][] = [
  ['findSchema', registry => registry.findSchema(1)],
  ['findId', registry => registry.findId('s', '"string"')],
  ['findVersion', registry => registry.findVersion('s', '"string"')],
  ['checkCompatible', registry => registry.checkCompatible('s', '"string"')],
  ['requireCompatibility', registry => registry.requireCompatibility('s')],
  ['register', registry => registry.register('s', '{"type":"fixed","name":"a.F","size":1}')],
]

for (const [name, call] of calls) {
  test(`${name} on a refused connection is transient`, async context => {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise(resolve => server.close(resolve))
    context.diagnostic(`port ${port}`)
    const outcome = await call(httpRegistry(`http://127.0.0.1:${port}`)).catch(described)
    assert.equal(outcome, 'REGISTRY_UNREACHABLE transient')
  })
  test(`${name} on a server error is transient, on missing rights fatal`, async context => {
    const broken = await answering(context, 503, '{}')
    assert.equal(await call(broken.registry).catch(described), 'REGISTRY_UNREACHABLE transient')
    const closed = await answering(context, 403, '{}')
    assert.equal(await call(closed.registry).catch(described), 'REGISTRY_REFUSED fatal')
  })
}

test('subject names are escaped', async context => {
  const { registry, requests } = await answering(context, 200, '{"id":3,"version":2}')
  assert.equal(await registry.findId('a/b c', '"string"'), 3)
  assert.equal(await registry.findVersion('a/b c', '"string"'), 2)
  assert.deepEqual(requests, ['POST /base/subjects/a%2Fb%20c', 'POST /base/subjects/a%2Fb%20c'])
})

test('registering what the registry finds incompatible says so', async context => {
  const { registry } = await answering(context, 409, '{"error_code":409,"message":"Incompatible"}')
  const schema = '{"type":"fixed","name":"a.F","size":1}'
  assert.equal(await registry.register('s', schema).catch(described), 'SCHEMA_INCOMPATIBLE fatal')
})
