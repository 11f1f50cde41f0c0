// Wrong keys by address: how many there may be, and what comes after them.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openAdminApi } from './admin-harness.ts'

const api = await openAdminApi({ failedLoginsPerMinute: 3 })
after(() => api.close())

const path = '/v1/admin/tenants'
const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address })

test('after three wrong keys in a minute an address is refused whatever the key, others are not', async () => {
  const headers = from('192.0.2.7')
  for (const key of [null, 'flk_wrong', 'flk_0123456789abcdef_']) {
    assert.equal((await api.ask('GET', path, { key, headers })).status, 401)
  }
  for (const key of ['flk_wrong', api.root]) {
    const refused = await api.ask('GET', path, { key, headers })
    assert.equal(refused.status, 429)
    assert.equal(refused.body['code'], 'rate_limited')
    assert.match(refused.headers.get('content-type') ?? '', /^application\/problem\+json/)
    const seconds = Number(refused.headers.get('retry-after'))
    assert.ok(seconds >= 1 && seconds <= 60, String(seconds))
  }
  const resource = '/v1/resources/reservation/R1?tenant=demo'
  assert.equal((await api.ask('GET', resource, { key: 'flk_wrong', headers })).status, 429)
  assert.equal((await api.ask('GET', path, { headers: from('192.0.2.8') })).status, 200)
  const { text } = await api.metrics()
  assert.match(text, /fleet_api_logins_refused_total\{answer="unauthorized"\} 3\n/)
  assert.match(text, /fleet_api_logins_refused_total\{answer="rate_limited"\} 3\n/)
})

test('the addresses of one /64 count together', async () => {
  for (const host of ['1', '2', '3']) {
    await api.ask('GET', path, { key: 'flk_wrong', headers: from(`2001:db8::${host}`) })
  }
  assert.equal((await api.ask('GET', path, { headers: from('2001:db8::4') })).status, 429)
  assert.equal((await api.ask('GET', path, { headers: from('2001:db8:0:1::4') })).status, 200)
})

test('right keys are never counted', async () => {
  const headers = from('192.0.2.9')
  for (let asked = 0; asked < 10; asked++) {
    assert.equal((await api.ask('GET', path, { headers })).status, 200)
  }
})
