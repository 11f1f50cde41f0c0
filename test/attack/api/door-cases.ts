// Doors that should not be there, and queries that upset a framework.

import assert from 'node:assert/strict'
import type { ApiAttack } from './cases.ts'
import { canary } from './inputs.ts'

const hidden = [
  '/debug',
  '/debug/pprof',
  '/v1/admin',
  '/v1/admin/debug',
  '/v1/admin/topics',
  '/v1/admin/config',
  '/.env',
  '/.git/config',
  '/server-status',
  '/actuator/env',
  '/v1/admin/tenants/../../../metrics',
  '/v1/admin/%2e%2e/metrics',
]

const doors: ApiAttack[] = [
  ...hidden.map((path): ApiAttack => ({
    row: 'admin-api-doors',
    name: `${path}: nothing is there`,
    run: async target => {
      for (const who of ['none', 'root'] as const) {
        const { status, contentType } = await target.sendAs(who, { method: 'GET', target: path })
        assert.ok([401, 404].includes(status), String(status))
        assert.equal(contentType, 'application/problem+json')
      }
    },
  })),
  {
    row: 'admin-api-doors',
    name: '/metrics, /health and /ready are open and tell of no secret, key or tenant’s text',
    run: async target => {
      for (const path of ['/metrics', '/health', '/ready']) {
        const { status, text } = await target.send({ method: 'GET', target: path })
        assert.equal(status, 200)
        assert.ok(!text.includes(canary) && !text.includes('flk_'), path)
        assert.equal((await target.send({ method: 'POST', target: path })).status, 405)
      }
    },
  },
  ...['DELETE', 'POST', 'PUT'].map((method): ApiAttack => ({
    row: 'admin-api-doors',
    name: `${method} on topics: no operation deletes or makes one`,
    run: async target => {
      for (const path of ['/v1/admin/topics/fleet.raw.v1', '/topics/fleet.raw.v1']) {
        const { status } = await target.sendAs('root', { method, target: path })
        assert.equal(status, 404)
      }
    },
  })),
]

const queries: [string, string][] = [
  ['a nested query', `a${'[b]'.repeat(100)}=1`],
  ['a query that names __proto__', '__proto__[limit]=1&constructor[prototype][limit]=2'],
  ['1,000 parameters', Array.from({ length: 1000 }, (_, i) => `p${i}=1`).join('&')],
  ['a query that is not encoded right', '%zz=%ff&%'],
  ['a parameter twice', 'limit=1&limit=2'],
  ['a limit of none', 'limit=0'],
  ['a limit below none', 'limit=-1'],
  ['a limit of a milliard', 'limit=1e9'],
  ['a limit beyond numbers', 'limit=99999999999999999999'],
  ['a limit that is no number', 'limit=NaN'],
  ['a place of another list', 'after=..%2f..%2fetc'],
  ['a place of 5 KB', `after=${'a'.repeat(5000)}`],
  ['a place that is control characters', 'after=%00%1b%5b2J'],
]

const lists = ['tenants', 'endpoints', 'api-keys', 'audit', 'dead-letters']

const asked = queries.map(([name, query]): ApiAttack => ({
  row: 'admin-api-queries',
  name: `${name}: a page or 400, on every list`,
  run: async target => {
    for (const list of lists) {
      const path = `/v1/admin/${list}?${query}`
      const { status, text } = await target.sendAs('root', { method: 'GET', target: path })
      assert.ok([200, 400].includes(status), `${list}: ${status}`)
      assert.doesNotMatch(text, /\bat .+\.(?:ts|js):\d+/)
    }
    assert.equal(({} as { limit?: unknown }).limit, undefined, 'a prototype was changed')
  },
}))

export const doorAttacks: readonly ApiAttack[] = [...doors, ...asked]
