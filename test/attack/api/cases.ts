// Attacks on the admin API that a fuzzer does not think of, by the row they belong to.

import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { operationsOf } from './document.ts'
import { doorAttacks } from './door-cases.ts'
import { canary, plainDefinition } from './inputs.ts'
import { letterAttacks } from './letter-cases.ts'
import { openApiTarget } from './target.ts'
import type { Answer, ApiTarget } from './target.ts'

export const rows = [
  'admin-api-without-key',
  'admin-api-other-tenant',
  'admin-api-conditions',
  'admin-api-bodies',
  'admin-api-stored-text',
  'admin-api-logins',
  'admin-api-dead-letters',
  'admin-api-doors',
  'admin-api-queries',
] as const

export interface ApiAttack {
  readonly row: (typeof rows)[number]
  readonly name: string
  run(target: ApiTarget): Promise<void>
}

const admin = '/v1/admin'
const json = { 'content-type': 'application/json' }
const create = { ...json, 'if-none-match': '*' }
const change = { ...json, 'if-match': '*' }

const filled = (path: string, id: string): string => path.replaceAll(/\{\w+\}/g, id)

function expectRefused({ status, contentType }: Answer, ...statuses: number[]): void {
  assert.ok(statuses.includes(status), `it was answered ${status}`)
  assert.equal(contentType, 'application/problem+json')
}

const withoutKey: ApiAttack[] = [
  {
    row: 'admin-api-without-key',
    name: 'every admin operation, without a key and with a wrong one, is 401',
    run: async target => {
      for (const { method, path, needsKey } of operationsOf(target.document)) {
        if (!needsKey) continue
        for (const who of ['none', 'wrong'] as const) {
          const sent = { method, target: filled(path, 'levy'), headers: create, body: '{}' }
          expectRefused(await target.sendAs(who, sent), 401)
        }
      }
    },
  },
  {
    row: 'admin-api-without-key',
    name: 'a key in the URL, in another header or twice lets nobody in',
    run: async target => {
      const key = target.keys.root ?? ''
      const attempts = [
        { target: `${admin}/tenants?key=${key}` },
        { target: `${admin}/tenants?access_token=${key}` },
        { target: `${admin}/tenants`, headers: { 'x-api-key': key } },
        { target: `${admin}/tenants`, headers: { authorization: `Basic ${key}` } },
        { target: `${admin}/tenants`, headers: { authorization: `Bearer ${key}, Bearer ${key}` } },
        { target: `${admin}/tenants`, headers: { cookie: `authorization=Bearer ${key}` } },
      ]
      for (const attempt of attempts) {
        expectRefused(await target.send({ method: 'GET', ...attempt }), 401)
      }
    },
  },
  ...['//v1/admin/tenants', '/V1/ADMIN/tenants', '/v1/admin/tenants/', '/v1/./admin/tenants'].map(
    (path): ApiAttack => ({
      row: 'admin-api-without-key',
      name: `${path} is no way around it`,
      run: async target => {
        expectRefused(await target.send({ method: 'GET', target: path }), 401, 404)
      },
    }),
  ),
  ...['TRACE', 'OPTIONS', 'PATCH', 'PROPFIND'].map((method): ApiAttack => ({
    row: 'admin-api-without-key',
    name: `${method} is answered 405, and no other origin is let in`,
    run: async target => {
      const headers = { origin: 'https://evil.example', 'access-control-request-method': 'PUT' }
      const answer = await target.sendAs('root', { method, target: `${admin}/tenants`, headers })
      expectRefused(answer, 405)
      assert.equal(answer.headers['access-control-allow-origin'], undefined)
    },
  })),
]

const otherTenant: ApiAttack[] = (['admin', 'writer', 'reader', 'sender'] as const).map(who => ({
  row: 'admin-api-other-tenant',
  name: `a key of acme (${who}) neither sees nor changes anything of beta`,
  run: async target => {
    const { revision } = target.plane.state
    const body = JSON.stringify({ tenant_id: 'beta', definition: plainDefinition, name: 'x' })
    const paths = [
      '/tenants/beta',
      '/endpoints/other',
      '/secrets/other/k1',
      `/api-keys/${target.keys.other?.split('_')[1] ?? ''}`,
    ]
    for (const path of paths) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const sent = { method, target: admin + path, headers: change, body }
        const answer = await target.sendAs(who, method === 'GET' ? { ...sent, body: null } : sent)
        expectRefused(answer, 403, 404, 405, 422)
        assert.ok(!answer.text.includes(canary))
      }
    }
    const resource = { method: 'GET', target: '/v1/resources/reservation/R1?tenant=beta' }
    expectRefused(await target.sendAs(who, resource), 403)
    assert.equal(target.plane.state.revision, revision, 'something was changed')
  },
}))

const conditions: ApiAttack[] = [
  {
    row: 'admin-api-conditions',
    name: 'of ten changes made on the same state at once, one is done',
    run: async target => {
      const path = `${admin}/tenants/raced`
      const put = (name: string, headers: Record<string, string>): Promise<Answer> =>
        target.sendAs('root', {
          method: 'PUT',
          target: path,
          headers,
          body: JSON.stringify({ name }),
        })
      const made = await Promise.all(Array.from({ length: 10 }, (_, i) => put(`n${i}`, create)))
      assert.equal(made.filter(({ status }) => status === 200).length, 1)
      const etag = String(made.find(({ status }) => status === 200)?.headers['etag'])
      const seen = { ...json, 'if-match': etag }
      const changed = await Promise.all(Array.from({ length: 10 }, (_, i) => put(`m${i}`, seen)))
      assert.equal(changed.filter(({ status }) => status === 200).length, 1)
      assert.equal(changed.filter(({ status }) => status === 412).length, 9)
    },
  },
  ...['W/"1"', '"0"', '1', '"1', '""', '"1","', '*,*', `${'"1",'.repeat(50)}"1"`].map(
    (etag): ApiAttack => ({
      row: 'admin-api-conditions',
      name: `If-Match: ${etag.slice(0, 20)} changes nothing`,
      run: async target => {
        const sent = { method: 'PUT', target: `${admin}/tenants/acme`, body: '{"name":"x"}' }
        const answer = await target.sendAs('root', {
          ...sent,
          headers: { ...json, 'if-match': etag },
        })
        expectRefused(answer, 400, 412)
      },
    }),
  ),
]

const bodies: [string, Buffer | string, Record<string, string>, number[]][] = [
  ['a gzip bomb', gzipSync(Buffer.alloc(50_000_000)), { 'content-encoding': 'gzip' }, [415]],
  ['20 MB', Buffer.alloc(20_000_000, 0x20), {}, [413]],
  [
    'UTF-16',
    Buffer.from('{"name":"a"}', 'utf16le'),
    { 'content-type': 'application/json; charset=utf-16' },
    [415],
  ],
  ['a form', 'name=a', { 'content-type': 'application/x-www-form-urlencoded' }, [415]],
  ['no type', '{"name":"a"}', { 'content-type': '' }, [415]],
  ['bytes that are no UTF-8', Buffer.from('{"name":"\xff\xfe"}', 'latin1'), {}, [415]],
  ['nothing', '', {}, [400]],
  ['a byte order mark alone', '\uFEFF', {}, [400]],
  ['60,000 brackets', '['.repeat(60_000), {}, [400]],
  ['an object 10,000 deep', '{"name":'.repeat(7000) + '1' + '}'.repeat(7000), {}, [400]],
  ['a prototype', '{"__proto__":{"name":"a"}}', {}, [422]],
  ['a member named constructor', '{"name":"a","constructor":{}}', {}, [422]],
  ['10,000 members', `{${Array.from({ length: 6000 }, (_, i) => `"m${i}":1`).join()}}`, {}, [422]],
  ['control characters in a name', '{"name":"a\\u0000\\u001b[31m"}', {}, [422]],
  ['half a character', '{"name":"\\ud800"}', {}, [422]],
]

const bodyAttacks = bodies.map(([name, body, headers, statuses]): ApiAttack => ({
  row: 'admin-api-bodies',
  name: `${name}: ${statuses.join(' or ')}`,
  run: async target => {
    const { revision } = target.plane.state
    const sent = { method: 'PUT', target: `${admin}/tenants/body`, body }
    try {
      const answer = await target.sendAs('root', { ...sent, headers: { ...create, ...headers } })
      expectRefused(answer, ...statuses)
    } catch (error) {
      // Whoever goes on sending what was refused loses the connection, sometimes before he reads why.
      const { code } = error as NodeJS.ErrnoException
      assert.ok(['EPIPE', 'ECONNRESET'].includes(code ?? ''), String(error))
    }
    assert.equal(target.plane.state.revision, revision)
  },
}))

const stored = [
  '<script>alert(1)</script>',
  '=cmd()|x',
  '"><img src=x onerror=alert(1)>',
  '\u202Eevil',
]
const storedText = stored.map((text, index): ApiAttack => ({
  row: 'admin-api-stored-text',
  name: `${JSON.stringify(text)} comes back as the JSON it is, never as a page`,
  run: async target => {
    const path = `${admin}/tenants/stored-${index}`
    const body = JSON.stringify({ name: text })
    const made = await target.sendAs('root', { method: 'PUT', target: path, headers: create, body })
    assert.ok([200, 412].includes(made.status), String(made.status))
    const read = await target.sendAs('root', { method: 'GET', target: path })
    assert.equal(read.contentType, 'application/json')
    assert.equal(read.headers['x-content-type-options'], 'nosniff')
    assert.equal((JSON.parse(read.text) as { name: string }).name, text)
  },
}))

const logins: ApiAttack[] = [
  {
    row: 'admin-api-logins',
    name: 'whoever tries keys is refused after a few, also with the right one; others are not',
    run: async () => {
      const target = await openApiTarget({ failedLoginsPerMinute: 5 })
      try {
        const ask = (who: 'wrong' | 'root', from: string): Promise<Answer> => {
          const headers = { 'x-forwarded-for': from }
          return target.sendAs(who, { method: 'GET', target: `${admin}/tenants`, headers })
        }
        const tried = await Promise.all(Array.from({ length: 40 }, () => ask('wrong', '192.0.2.1')))
        assert.ok(tried.every(({ status }) => status === 401 || status === 429))
        const after = await ask('root', '192.0.2.1')
        assert.equal(after.status, 429)
        assert.ok(Number(after.headers['retry-after']) >= 1)
        assert.equal((await ask('root', '192.0.2.2')).status, 200)
      } finally {
        await target.close()
      }
    },
  },
]

export const apiAttacks: readonly ApiAttack[] = [
  ...withoutKey,
  ...otherTenant,
  ...conditions,
  ...bodyAttacks,
  ...storedText,
  ...logins,
  ...letterAttacks,
  ...doorAttacks,
]
