// When keys were last used, as an operator sees it: those of the API's callers, and those of senders.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { keyUseRecord } from '@fleet/control'
import { systemClock } from '@fleet/runtime'
import { levy, openAdminApi } from './admin-harness.ts'

const api = await openAdminApi()
after(() => api.close())

const deadlineMs = 30_000
const at = '2026-11-21T08:30:00.000Z'

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  const startedMs = systemClock.elapsedMs()
  while (!(await condition())) {
    assert.ok(systemClock.elapsedMs() - startedMs < deadlineMs, 'it did not happen')
    await systemClock.sleep(10)
  }
}

async function lastUsed(path: string): Promise<unknown> {
  return (await api.ask('GET', path)).body['last_used_at']
}

test('what ingesters noted stands at the secret and at the API key of the sender', async () => {
  const appender = await api.broker.openAppender()
  for (const tenant of ['acme', 'beta'])
    await api.make(`/v1/admin/tenants/${tenant}`, { name: 'n' })
  const keyed = { source: 'old', adapter: 'generic', auth: 'api-key' }
  for (const [id, tenant, definition] of [
    ['levy', 'acme', levy],
    ['old', 'acme', keyed],
    ['older', 'acme', keyed],
    ['theirs', 'beta', keyed],
  ] as const) {
    await api.make(`/v1/admin/endpoints/${id}`, { tenant_id: tenant, definition })
  }
  await api.make('/v1/admin/secrets/levy/k1', { value: 'levy-secret-1' })
  const made = await api.ask('POST', '/v1/admin/api-keys', {
    body: { name: 'sender', tenant_id: 'acme', scopes: ['events:write'] },
  })
  const id = String(made.body['id'])
  const [secretPath, keyPath] = ['/v1/admin/secrets/levy/k1', `/v1/admin/api-keys/${id}`]
  assert.equal(await lastUsed(secretPath), null)
  assert.equal(await lastUsed(keyPath), null)

  const later = '2026-11-21T09:00:00.000Z'
  for (const [endpointId, keyId, lastUsedAt] of [
    ['levy', 'k1', at],
    ['older', id, later],
    ['old', id, at],
    // No key of acme delivers there, whatever a secret there is called.
    ['theirs', id, '2027-01-01T00:00:00.000Z'],
  ] as const) {
    await appender.append(keyUseRecord({ endpointId, keyId, lastUsedAt }))
  }
  await eventually(async () => (await lastUsed(secretPath)) === at)
  await eventually(async () => (await lastUsed(keyPath)) === later)
  const list = await api.ask('GET', '/v1/admin/secrets?endpoint_id=levy')
  assert.equal((list.body['items'] as { last_used_at: string }[])[0]?.last_used_at, at)
})
