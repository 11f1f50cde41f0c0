// The OpenAPI document against the routes that answer: nothing undocumented, nothing that is not there.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { systemClock } from '@fleet/runtime'
import { createMetrics, silentLogger } from '@fleet/telemetry'
import { createApi } from '../../../src/shell/http-app.ts'
import { adminOperations } from '../../../src/shell/admin/operations.ts'
import { openApiDocument } from '../../../src/shell/openapi.ts'
import { openAdminApi } from './admin-harness.ts'
import type { AdminApi } from './admin-harness.ts'

interface Described {
  operationId: string
  responses: Record<string, unknown>
  security?: object[]
}
interface Document {
  openapi: string
  paths: Record<string, Record<string, Described>>
  components: { schemas: Record<string, Schema> }
}
interface Schema {
  $ref?: string
  type?: string | string[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  additionalProperties?: boolean
}

let api: AdminApi
let document: Document

before(async () => {
  api = await openAdminApi()
  document = (await (await fetch(`${api.base}/v1/openapi.json`)).json()) as Document
})
after(() => api.close())

test('the document is valid OpenAPI 3.1', async () => {
  assert.equal(document.openapi, '3.1.0')
  const result = await new Validator().validate(copyOf(document))
  assert.deepEqual(result.valid ? [] : result.errors, [])
  const off = openApiDocument(false) as unknown as Document
  assert.ok((await new Validator().validate(copyOf(off))).valid)
  assert.ok(!Object.keys(off.paths).some(path => path.includes('admin')))
})

test('every documented operation is answered by its route, every other method by 405', async () => {
  for (const [path, operations] of Object.entries(document.paths)) {
    const target = path.replaceAll(/\{\w+\}/g, 'x')
    for (const method of ['get', 'put', 'post', 'delete', 'patch']) {
      const reply = await api.ask(method.toUpperCase(), target)
      const operation = operations[method]
      if (operation === undefined) assert.equal(reply.status, 405, `${method} ${path}`)
      else {
        assert.notEqual(reply.body['code'], 'no_route', `${method} ${path}`)
        const known = Object.keys(operation.responses).map(Number)
        assert.ok(known.includes(reply.status), `${method} ${path}: ${reply.status}`)
      }
    }
  }
})

test('every route that express has is documented, and no other', () => {
  const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map(method => `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  )
  const app = createApi({
    store: { read: () => Promise.resolve(null), check: () => 'ok' },
    metrics: createMetrics('api'),
    logger: silentLogger,
    clock: systemClock,
    plane: api.plane,
    isKeyRequired: false,
    failedLoginsPerMinute: 20,
    trustedProxies: [],
  })
  assert.deepEqual(routesIn(app.router as unknown as Stack).toSorted(), documented.toSorted())
  const ids = Object.values(document.paths).flatMap(operations =>
    Object.values(operations).map(({ operationId }) => operationId),
  )
  assert.equal(new Set(ids).size, ids.length)
})

interface Stack {
  stack: { route?: { path: string; stack: { method?: string }[] }; handle: unknown }[]
}

/** `method path` of every handler that express would call for a method of its own. */
function routesIn({ stack }: Stack): string[] {
  return stack.flatMap(({ route, handle }) => {
    if (route === undefined) {
      return typeof handle === 'function' && 'stack' in handle ? routesIn(handle as never) : []
    }
    const methods = new Set(route.stack.map(({ method }) => method).filter(Boolean))
    return [...methods].map(method => `${method} ${route.path}`)
  })
}

function copyOf(described: Document): Record<string, unknown> {
  return structuredClone(described) as unknown as Record<string, unknown>
}

test('every admin operation refuses to work without a key', async () => {
  for (const { method, path } of adminOperations) {
    const target = path.replaceAll(/\{\w+\}/g, 'x')
    const reply = await api.ask(method.toUpperCase(), target, { key: null })
    assert.equal(reply.status, 401, `${method} ${path}`)
  }
})

test('what is answered has exactly the members its schema names', async () => {
  const { schemas } = document.components
  await api.make('/v1/admin/tenants/demo', { name: 'Demo' })
  const definition = { source: 's', adapter: 'ump' }
  await api.make('/v1/admin/endpoints/e', { tenant_id: 'demo', definition })
  await api.make('/v1/admin/secrets/e/k1', { value: 'x' })
  const keys = '/v1/admin/api-keys'
  const made = await api.ask('POST', keys, { body: { name: 'n', scopes: ['admin'] } })
  const id = String(made.body['id'])
  const rotated = await api.ask('POST', `${keys}/${id}/rotate`, {
    body: {},
    headers: { 'if-match': made.etag },
  })
  const get = async (path: string) => (await api.ask('GET', `/v1/admin/${path}`)).body
  const answers: [string, unknown][] = [
    ['Tenant', await get('tenants/demo')],
    ['TenantList', await get('tenants')],
    ['Endpoint', await get('endpoints/e')],
    ['EndpointList', await get('endpoints')],
    ['Secret', await get('secrets/e/k1')],
    ['SecretList', await get('secrets')],
    ['ApiKey', await get(`api-keys/${id}`)],
    ['ApiKeyList', await get('api-keys')],
    ['NewApiKey', made.body],
    ['RotatedApiKey', rotated.body],
    ['AuditList', await get('audit')],
    ['EndpointsExport', await get('endpoints-file')],
    ['Resealed', (await api.ask('POST', '/v1/admin/secrets-reseal')).body],
    ['Problem', await get('tenants/absent')],
  ]
  for (const [name, value] of answers) check(schemas, schemas[name] ?? {}, value, name)
})

function check(schemas: Record<string, Schema>, schema: Schema, value: unknown, at: string): void {
  const target = schema.$ref === undefined ? schema : schemas[schema.$ref.split('/').at(-1) ?? '']
  assert.ok(target !== undefined, at)
  const kinds = [target.type ?? []].flat()
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  const name = kind === 'number' ? 'integer' : kind
  assert.ok(kinds.includes(name), `${at} is ${name}, not ${kinds.join(' or ')}`)
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      check(schemas, target.items ?? {}, item, `${at}[${index}]`)
    }
  } else if (target.properties !== undefined && value !== null) {
    const members = value as Record<string, unknown>
    for (const member of target.required ?? []) {
      assert.ok(Object.hasOwn(members, member), `${at}.${member} is missing`)
    }
    for (const [member, inner] of Object.entries(members)) {
      const property = target.properties[member]
      assert.ok(property !== undefined, `${at}.${member} is not documented`)
      check(schemas, property, inner, `${at}.${member}`)
    }
  }
}
