import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { recordKey } from '../../src/core/records.ts'
import { ControlState } from '../../src/core/state.ts'
import { levy, Plane, seen } from '../control-builder.ts'

test('the records of the topic, read again, give the same state', () => {
  const plane = new Plane()
  const log: { key: string; text: string | null }[] = []
  const run = (...args: Parameters<Plane['do']>): void => {
    for (const change of plane.do(...args).changes) {
      log.push({ key: recordKey(change), text: change.value && JSON.stringify(change.value) })
    }
    const meta = { revision: plane.state.revision, change_ids: ['a'] }
    log.push({ key: 'meta', text: JSON.stringify(meta) })
  }
  run({ kind: 'put-tenant', id: 'demo', name: 'Demo' })
  run({ kind: 'put-endpoint', id: 'levy', tenantId: 'demo', definition: levy })
  const times = { notBefore: null, notAfter: null }
  run({ kind: 'put-secret', endpointId: 'levy', id: 'k1', source: { value: 'x' }, ...times })
  run({ kind: 'put-secret', endpointId: 'levy', id: 'k2', source: { value: 'y' }, ...times })
  run({ kind: 'delete-secret', endpointId: 'levy', id: 'k2' }, seen(4))
  const state = new ControlState()
  for (const { key, text } of log) assert.deepEqual(state.applyRecord(key, text), { ok: true })
  for (const name of ['tenants', 'endpoints', 'secrets', 'revision'] as const) {
    assert.deepEqual(state[name], plane.state[name], name)
  }
})

const broken: [string, string][] = [
  ['endpoint/levy', 'not json'],
  ['endpoint/levy', '[]'],
  ['endpoint/levy', '{"id":"other","tenant_id":"demo","definition":{},"revision":1}'],
  ['endpoint/levy', '{"id":"levy","tenant_id":"demo","definition":null,"revision":1}'],
  [
    'secret/levy/k1',
    '{"id":"k1","endpoint_id":"levy","tenant_id":"demo","source":{},"revision":1}',
  ],
  ['meta', '{}'],
  ['colour/red', '{}'],
]
for (const [key, text] of broken) {
  test(`a record that is not what its key says changes nothing: ${key} ${text}`, () => {
    const plane = Plane.furnished()
    const applied = plane.state.applyRecord(key, text)
    assert.deepEqual(applied.ok ? null : applied.reason, 'unreadable')
    assert.equal(plane.state.endpoints.size, 1)
  })
}

test('whatever stands in the topic, nothing throws', () => {
  const state = new ControlState()
  const key = fc.oneof(
    fc.string(),
    fc.constantFrom('meta', 'endpoint/a', 'secret/a/b', 'api-key/a'),
  )
  fc.assert(
    fc.property(key, fc.oneof(fc.string(), fc.json()), (name, text) => {
      state.applyRecord(name, text)
    }),
  )
})

test('a deleted secret does not come back in an older version', () => {
  const plane = Plane.furnished()
  const times = { notBefore: null, notAfter: null }
  const put = { kind: 'put-secret', endpointId: 'levy', id: 'k1', source: { value: 'x' } } as const
  plane.do({ ...put, ...times })
  const old = plane.state.secrets.get('levy/k1')
  assert.ok(old !== undefined)
  plane.do({ kind: 'delete-secret', endpointId: 'levy', id: 'k1' }, seen(old.revision))
  plane.do({ ...put, ...times })
  const text = JSON.stringify(old)
  const applied = plane.state.applyRecord('secret/levy/k1', text)
  assert.deepEqual(applied, {
    ok: false,
    reason: 'version_lower',
    detail: `version ${old.version}`,
  })
  assert.equal(new ControlState(plane.state).applyRecord('secret/levy/k1', text).ok, false)
})
