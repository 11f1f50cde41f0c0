import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { authenticate, hasScope, isOverdue, mayDeliver } from '../../src/core/api-key.ts'
import type { Command } from '../../src/core/commands.ts'
import { keyCrypto } from '../../src/shell/key-crypto.ts'
import { nowMs, Plane, seen, tenantAdmin, without } from '../control-builder.ts'

const create = (rest: Partial<Extract<Command, { kind: 'create-api-key' }>> = {}): Command => ({
  kind: 'create-api-key',
  tenantId: null,
  endpointId: null,
  name: 'ops',
  scopes: ['admin'],
  expiresAt: null,
  ...rest,
})

function make(plane: Plane, command: Command): { id: string; key: string } {
  return plane.do(command, without).shown as { id: string; key: string }
}

const isLetIn = (plane: Plane, key: string, atMs = nowMs): boolean =>
  authenticate(plane.state, key, atMs, keyCrypto).ok

test('a key lets in, and no text that differs in one character does', () => {
  const plane = new Plane()
  const { key } = make(plane, create())
  assert.match(key, /^flk_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/)
  assert.ok(isLetIn(plane, key))
  const character = fc.constantFrom(...Array.from('ABCDEFabcdef0123456789-_ '))
  fc.assert(
    fc.property(fc.nat(key.length - 1), character, (at, other) => {
      const changed = key.slice(0, at) + other + key.slice(at + 1)
      assert.equal(isLetIn(plane, changed), changed === key)
    }),
  )
})

test('anything else is refused without an exception', () => {
  const plane = new Plane()
  make(plane, create())
  fc.assert(fc.property(fc.string(), text => assert.ok(!isLetIn(plane, text))))
  for (const text of ['', 'flk_', 'flk___proto_____________', 'constructor']) {
    assert.ok(!isLetIn(plane, text))
  }
})

test('a key ends at its expiry', () => {
  const plane = new Plane()
  const { key } = make(plane, create({ expiresAt: '2026-11-22T08:00:00Z' }))
  const endMs = Date.parse('2026-11-22T08:00:00Z')
  assert.ok(isLetIn(plane, key, endMs - 1))
  assert.ok(!isLetIn(plane, key, endMs))
  const past = create({ expiresAt: '2026-11-20T08:00:00Z' })
  assert.equal(plane.refusal(past, without), 'invalid')
})

test('after a rotation both keys work until the overlap ends, then the new one alone', () => {
  const plane = new Plane()
  const old = make(plane, create())
  const revision = plane.state.apiKeys.get(old.id)?.revision ?? 0
  const rotate: Command = { kind: 'rotate-api-key', id: old.id, overlapSeconds: 3600 }
  assert.equal(plane.refusal(rotate, without), 'precondition_required')
  const { shown } = plane.do(rotate, seen(revision))
  const { key: renewed } = shown as { key: string }
  assert.ok(isLetIn(plane, old.key, nowMs + 3_599_999) && isLetIn(plane, renewed))
  assert.ok(!isLetIn(plane, old.key, nowMs + 3_600_000))
  assert.ok(isLetIn(plane, renewed, nowMs + 3_600_000))
  const again = plane.state.apiKeys.get(old.id)?.revision ?? 0
  assert.equal(plane.refusal(rotate, seen(again)), 'conflict')
})

test('a key with a limited life is replaced by one with the same span, never a longer overlap', () => {
  const plane = new Plane()
  const old = make(plane, create({ expiresAt: '2026-11-21T09:00:00Z' }))
  const revision = plane.state.apiKeys.get(old.id)?.revision ?? 0
  plane.nowMs += 1_800_000
  plane.do({ kind: 'rotate-api-key', id: old.id, overlapSeconds: 86_400 }, seen(revision))
  const record = plane.state.apiKeys.get(old.id)
  assert.equal(record?.expires_at, '2026-11-21T09:00:00.000Z')
  const renewed = plane.state.apiKeys.get(record?.replaced_by ?? '')
  assert.equal(renewed?.expires_at, '2026-11-21T09:30:00.000Z')
})

test('a key is overdue for rotation after its day, unless it was replaced or has ended', () => {
  const plane = new Plane()
  const { id } = make(plane, create())
  const key = plane.state.apiKeys.get(id)
  assert.ok(key !== undefined)
  const dueMs = nowMs + 90 * 86_400_000
  assert.ok(!isOverdue(key, dueMs - 1) && isOverdue(key, dueMs))
  assert.ok(!isOverdue({ ...key, replaced_by: 'x' }, dueMs))
  assert.ok(!isOverdue({ ...key, expires_at: '2026-12-01T00:00:00Z' }, dueMs))
})

test('admin includes every scope, another scope is itself alone', () => {
  assert.ok(hasScope({ scopes: ['admin'] }, 'dlq:replay'))
  assert.ok(hasScope({ scopes: ['events:read'] }, 'events:read'))
  assert.ok(!hasScope({ scopes: ['events:read'] }, 'endpoints:write'))
})

test('the admin of a tenant makes keys of that tenant alone', () => {
  const plane = Plane.furnished()
  plane.do({ kind: 'put-tenant', id: 'other', name: 'Other' })
  const boss = tenantAdmin('demo')
  assert.equal(plane.refusal(create({ tenantId: 'demo' }), without, boss), 'done')
  assert.equal(plane.refusal(create({ tenantId: 'other' }), without, boss), 'not_found')
  assert.equal(plane.refusal(create(), without, boss), 'forbidden')
})

test('the last admin key of the platform stays', () => {
  const plane = new Plane()
  const { id } = make(plane, create())
  const revision = plane.state.apiKeys.get(id)?.revision ?? 0
  assert.equal(plane.refusal({ kind: 'delete-api-key', id }, seen(revision)), 'conflict')
  make(plane, create())
  plane.do({ kind: 'delete-api-key', id }, seen(revision))
  assert.ok(!plane.state.apiKeys.has(id))
})

const keyed = { source: 'old', adapter: 'generic', auth: 'api-key' } as const

function furnished(): Plane {
  const plane = Plane.furnished()
  plane.do({ kind: 'put-endpoint', id: 'old', tenantId: 'demo', definition: keyed })
  plane.do({ kind: 'put-tenant', id: 'other', name: 'Other' })
  return plane
}

const sender = (rest: Parameters<typeof create>[0] = {}): Command =>
  create({ tenantId: 'demo', scopes: ['events:write'], ...rest })

test('a key for a sender belongs to one tenant and does nothing but deliver', () => {
  const plane = furnished()
  assert.equal(plane.refusal(sender(), without), 'done')
  assert.equal(plane.refusal(sender({ endpointId: 'old' }), without), 'done')
  assert.equal(plane.refusal(sender(), without, tenantAdmin('demo')), 'done')
  const refused: Parameters<typeof create>[0][] = [
    { tenantId: null },
    { scopes: ['events:write', 'events:read'] },
    { scopes: ['events:read'], endpointId: 'old' },
    { endpointId: 'levy' },
    { endpointId: 'none' },
    { tenantId: 'other', endpointId: 'old' },
  ]
  for (const rest of refused) assert.equal(plane.refusal(sender(rest), without), 'invalid')
})

test('it delivers to its endpoint, or to all of its tenant; an admin key delivers nowhere', () => {
  const key = { scopes: ['events:write'], tenant_id: 'demo' } as const
  const old = { id: 'old', tenant_id: 'demo' }
  assert.ok(mayDeliver(key, old))
  assert.ok(mayDeliver({ ...key, endpoint_id: 'old' }, old))
  assert.ok(!mayDeliver({ ...key, endpoint_id: 'levy' }, old))
  assert.ok(!mayDeliver({ ...key, tenant_id: 'other' }, old))
  assert.ok(!mayDeliver({ scopes: ['admin'], tenant_id: 'demo' }, old))
  assert.ok(!mayDeliver({ scopes: ['events:write'], tenant_id: null }, old))
})

test('its successor delivers where it did, and it goes with its endpoint', () => {
  const plane = furnished()
  const { id } = make(plane, sender({ endpointId: 'old' }))
  const all = make(plane, sender())
  const revision = plane.state.apiKeys.get(id)?.revision ?? 0
  plane.do({ kind: 'rotate-api-key', id, overlapSeconds: 60 }, seen(revision))
  const successor = plane.state.apiKeys.get(plane.state.apiKeys.get(id)?.replaced_by ?? '')
  assert.equal(successor?.endpoint_id, 'old')
  assert.deepEqual(successor.scopes, ['events:write'])
  for (const used of [id, all.id]) {
    const value = { id: used, last_used_at: '2026-11-21T08:30:00Z' }
    plane.state.apply({ kind: 'api-key-use', id: used, value })
  }
  const at = plane.state.endpoints.get('old')?.revision ?? 0
  plane.do({ kind: 'delete-endpoint', id: 'old' }, seen(at))
  assert.deepEqual([...plane.state.apiKeys.keys()], [all.id])
  assert.deepEqual([...plane.state.apiKeyUses.keys()], [all.id])
})

test('the secret of an endpoint for API keys is the hash of a key, never the key', () => {
  const plane = furnished()
  const put = (value: string): Command => ({
    kind: 'put-secret',
    endpointId: 'old',
    id: 'k1',
    source: { value },
    notBefore: null,
    notAfter: null,
  })
  assert.equal(plane.refusal(put('flk_text-of-a-key')), 'invalid')
  assert.equal(plane.refusal(put(`sha256:${keyCrypto.sha256Hex('flk_text-of-a-key')}`)), 'done')
})
