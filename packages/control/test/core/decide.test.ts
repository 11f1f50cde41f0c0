import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from '../../src/core/commands.ts'
import { openSecret } from '../../src/shell/seal.ts'
import { MasterKeys } from '../../src/shell/master-keys.ts'
import {
  levy,
  masterKeyText,
  Plane,
  platformAdmin,
  seen,
  tenantAdmin,
  tenantWriter,
  without,
} from '../control-builder.ts'

const secret = (value: string | null, id = 'k1'): Command => ({
  kind: 'put-secret',
  endpointId: 'levy',
  id,
  source: value === null ? null : { value },
  notBefore: null,
  notAfter: null,
})

test('what exists changes only for who has seen its present state', () => {
  const plane = Plane.furnished()
  const put: Command = { kind: 'put-endpoint', id: 'levy', tenantId: 'demo', definition: levy }
  const revision = plane.state.endpoints.get('levy')?.revision ?? 0
  assert.equal(plane.refusal(put, without), 'precondition_required')
  assert.equal(plane.refusal(put), 'precondition_failed')
  assert.equal(plane.refusal(put, seen(revision - 1)), 'precondition_failed')
  plane.do(put, seen(revision))
  assert.equal(plane.refusal(put, seen(revision)), 'precondition_failed')
  const absent: Command = { ...put, id: 'other' }
  assert.equal(plane.refusal(absent, seen(1)), 'precondition_failed')
  assert.equal(plane.refusal(absent, { ifMatch: 'any', ifNoneMatch: false }), 'precondition_failed')
  assert.equal(
    plane.refusal({ kind: 'delete-endpoint', id: 'levy' }, without),
    'precondition_required',
  )
})

test('a resource made again after it was deleted has another ETag than it ever had', () => {
  const plane = Plane.furnished()
  const first = plane.state.endpoints.get('levy')?.revision ?? 0
  plane.do({ kind: 'delete-endpoint', id: 'levy' }, seen(first))
  plane.do({ kind: 'put-endpoint', id: 'levy', tenantId: 'demo', definition: levy })
  assert.ok((plane.state.endpoints.get('levy')?.revision ?? 0) > first)
})

const refusedDefinitions: Record<string, Record<string, unknown>> = {
  'an unknown adapter': { ...levy, adapter: 'no' },
  'an unknown setting': { ...levy, colour: 'red' },
  'an id in it': { ...levy, id: 'x' },
  'secrets in it': { ...levy, secrets: [{ id: 'k1', ref: 'file:x' }] },
  'no source': { adapter: 'ump' },
}
for (const [name, definition] of Object.entries(refusedDefinitions)) {
  test(`a definition with ${name} is refused with its place`, () => {
    const plane = Plane.furnished()
    const command = { kind: 'put-endpoint', id: 'e', tenantId: 'demo', definition } as Command
    const decision = plane.try(command)
    assert.ok(!decision.ok)
    assert.equal(decision.refusal.code, 'invalid')
    assert.match(decision.refusal.problems.join(), /^[a-z_]+:/)
  })
}

test('a key of a tenant sees and changes its own tenant alone', () => {
  const plane = Plane.furnished()
  plane.do({ kind: 'put-tenant', id: 'other', name: 'Other' })
  const revision = plane.state.endpoints.get('levy')?.revision ?? 0
  const theirs = tenantWriter('other')
  const put: Command = { kind: 'put-endpoint', id: 'levy', tenantId: 'other', definition: levy }
  assert.equal(plane.refusal(put, seen(revision), theirs), 'not_found')
  assert.equal(plane.refusal({ ...put, tenantId: 'demo' }, seen(revision), theirs), 'not_found')
  assert.equal(
    plane.refusal({ kind: 'delete-endpoint', id: 'levy' }, seen(revision), theirs),
    'not_found',
  )
  assert.equal(plane.refusal(secret('abc'), undefined, theirs), 'not_found')
  assert.equal(
    plane.refusal({ kind: 'put-tenant', id: 'x', name: 'x' }, undefined, theirs),
    'forbidden',
  )
  assert.equal(plane.refusal({ kind: 'reseal-secrets' }, without, tenantAdmin('demo')), 'forbidden')
  assert.equal(plane.refusal(secret('abc'), undefined, tenantWriter('demo')), 'done')
})

test('a tenant can not refer to a file or variable of the machine', () => {
  const plane = Plane.furnished()
  const command = { ...secret('x'), source: { ref: 'file:other-tenant.k1' } } as Command
  assert.equal(plane.refusal(command, undefined, tenantWriter('demo')), 'invalid')
  assert.equal(plane.refusal(command, undefined, platformAdmin), 'done')
})

test('an endpoint never changes its tenant: its secrets are sealed for the one it has', () => {
  const plane = Plane.furnished()
  plane.do({ kind: 'put-tenant', id: 'other', name: 'Other' })
  const revision = plane.state.endpoints.get('levy')?.revision ?? 0
  const put: Command = { kind: 'put-endpoint', id: 'levy', tenantId: 'other', definition: levy }
  assert.equal(plane.refusal(put, seen(revision)), 'invalid')
})

test('a sealed secret opens where it belongs, and new times keep it', () => {
  const plane = Plane.furnished()
  plane.do(secret('levy-secret'))
  const made = plane.state.secrets.get('levy/k1')
  assert.ok(made !== undefined)
  plane.do({ ...secret(null), notAfter: '2027-01-01T00:00:00Z' } as Command, seen(made.revision))
  const kept = plane.state.secrets.get('levy/k1')
  assert.ok(kept !== undefined && 'sealed' in kept.source)
  assert.equal(kept.version, made.version)
  const place = { tenantId: 'demo', endpointId: 'levy', keyId: 'k1', version: kept.version }
  const opened = openSecret(MasterKeys.parse(masterKeyText), place, kept.source.sealed)
  assert.equal(opened.toString(), 'levy-secret')
})

test('sealing again after a new master key changes every sealed secret and no other', () => {
  const plane = Plane.furnished()
  plane.do(secret('levy-secret'))
  plane.do({ ...secret('x', 'k2'), source: { ref: 'env:LEVY' } } as Command)
  const old = plane.state.secrets.get('levy/k1')
  plane.keys = MasterKeys.parse(`m2:${Buffer.alloc(32, 2).toString('base64')}\n${masterKeyText}`)
  assert.deepEqual(plane.do({ kind: 'reseal-secrets' }, without).shown, {
    resealed: 1,
    remaining: 0,
    unopened: [],
  })
  const renewed = plane.state.secrets.get('levy/k1')
  assert.ok(renewed !== undefined && 'sealed' in renewed.source && old !== undefined)
  assert.equal(renewed.source.sealed.master_key_id, 'm2')
  const place = { tenantId: 'demo', endpointId: 'levy', keyId: 'k1', version: renewed.version }
  assert.equal(
    openSecret(plane.keys, place, renewed.source.sealed, old.version).toString(),
    'levy-secret',
  )
  // The record of before can't come back, not even from somebody who kept it.
  const back = plane.state.apply({ kind: 'secret', id: 'levy/k1', value: old })
  assert.equal(back.ok, false)
  assert.deepEqual(plane.do({ kind: 'reseal-secrets' }, without).changes, [])
})

test('a secret sealed by a lost master key is named, the others are sealed again', () => {
  const plane = Plane.furnished()
  plane.do(secret('one'))
  plane.keys = MasterKeys.parse(`m2:${Buffer.alloc(32, 2).toString('base64')}`)
  plane.do(secret('two', 'k2'))
  plane.keys = MasterKeys.parse(
    `m3:${Buffer.alloc(32, 3).toString('base64')} m2:${Buffer.alloc(32, 2).toString('base64')}`,
  )
  const { shown } = plane.do({ kind: 'reseal-secrets' }, without)
  assert.deepEqual(shown, { resealed: 1, remaining: 0, unopened: ['levy/k1'] })
})

test('an endpoint goes with its secrets, a tenant only without endpoints and keys', () => {
  const plane = Plane.furnished()
  plane.do(secret('one'))
  const tenant = plane.state.tenants.get('demo')?.revision ?? 0
  assert.equal(plane.refusal({ kind: 'delete-tenant', id: 'demo' }, seen(tenant)), 'conflict')
  plane.do(
    { kind: 'delete-endpoint', id: 'levy' },
    seen(plane.state.endpoints.get('levy')?.revision ?? 0),
  )
  assert.equal(plane.state.secrets.size, 0)
  plane.do({ kind: 'delete-tenant', id: 'demo' }, seen(tenant))
})

test('the 17th secret of an endpoint is refused', () => {
  const plane = Plane.furnished()
  for (let number = 1; number <= 16; number++) plane.do(secret('x', `k${number}`))
  assert.equal(plane.refusal(secret('x', 'k17')), 'conflict')
})

test('audit tells who, what, before and after, and holds no secret, ciphertext or hash', () => {
  const plane = Plane.furnished()
  plane.do(secret('levy-secret-text'))
  const revision = plane.state.secrets.get('levy/k1')?.revision ?? 0
  plane.do(secret('another-secret-text'), seen(revision))
  const { shown } = plane.do(
    {
      kind: 'create-api-key',
      tenantId: null,
      endpointId: null,
      name: 'ops',
      scopes: ['admin'],
      expiresAt: null,
    },
    without,
  )
  const { key: keyText } = shown as { key: string }
  const changed = plane.audit.find(({ action }) => action === 'secret.changed')
  assert.equal(changed?.actor, 'root')
  assert.equal(changed?.before?.['revision'], revision)
  assert.equal(changed?.after?.['version'], revision + 1)
  assert.equal(changed?.tenant_id, 'demo')
  const text = JSON.stringify(plane.audit)
  const [key] = plane.state.apiKeys.values()
  const kept = [...plane.state.secrets.values()].map(({ source }) => JSON.stringify(source))
  const forbidden = ['levy-secret-text', 'another-secret', keyText, key?.hash ?? '-']
  for (const part of [...forbidden, ...kept]) assert.ok(!text.includes(part), part)
  assert.ok(!JSON.stringify([...plane.state.apiKeys.values()]).includes(keyText))
})
