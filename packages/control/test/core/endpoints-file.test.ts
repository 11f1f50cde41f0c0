import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseEndpoints } from '@fleet/sources'
import type { JsonObject } from '@fleet/sources'
import { exportEndpoints } from '../../src/core/endpoints-file.ts'
import { levy, Plane, tenantAdmin, without } from '../control-builder.ts'

const local = new URL('../../../../infra/local/endpoints.json', import.meta.url)
const file = JSON.parse(readFileSync(local, 'utf8')) as JsonObject

test('the local endpoints come out as they went in, and going in again changes nothing', () => {
  const plane = new Plane()
  plane.do({ kind: 'import-endpoints', file }, without)
  const exported = exportEndpoints(plane.state, () => true)
  const read = (json: unknown): unknown => {
    const reading = parseEndpoints(JSON.stringify(json), 'development')
    assert.ok(reading.ok)
    return reading.endpoints.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }
  assert.deepEqual(read(exported.file), read(file))
  assert.deepEqual(exported.secret_files, [])
  assert.deepEqual(plane.do({ kind: 'import-endpoints', file: exported.file }, without).changes, [])
})

test('a sealed secret leaves as a reference, and its own reference does not replace it', () => {
  const plane = Plane.furnished()
  const times = { notBefore: null, notAfter: null }
  plane.do({
    kind: 'put-secret',
    endpointId: 'levy',
    id: 'k1',
    source: { value: 'text' },
    ...times,
  })
  const exported = exportEndpoints(plane.state, () => true)
  assert.deepEqual(exported.secret_files, ['levy.k1'])
  assert.ok(!JSON.stringify(exported).includes('text'))
  assert.deepEqual(plane.do({ kind: 'import-endpoints', file: exported.file }, without).changes, [])
})

test('an endpoint without secrets is left out and named', () => {
  const exported = exportEndpoints(Plane.furnished().state, () => true)
  assert.deepEqual(exported, {
    file: { version: 1, endpoints: [] },
    secret_files: [],
    left_out: ['levy'],
  })
})

test('a file with a mistake, or of a tenant’s key, changes nothing', () => {
  const plane = new Plane()
  const bad = { version: 1, endpoints: [{ id: 'x' }] }
  assert.equal(plane.refusal({ kind: 'import-endpoints', file: bad }, without), 'invalid')
  const boss = tenantAdmin('demo')
  assert.equal(plane.refusal({ kind: 'import-endpoints', file }, without, boss), 'forbidden')
})

test('an endpoint of another tenant is not taken over by a file', () => {
  const plane = new Plane()
  plane.do({ kind: 'import-endpoints', file }, without)
  const [first] = file['endpoints'] as readonly JsonObject[]
  const moved = { version: 1, endpoints: [{ ...first, tenant_id: 'other' }] }
  assert.equal(plane.refusal({ kind: 'import-endpoints', file: moved }, without), 'conflict')
})

test('a secret that the file has no more stays in force and is named; pruning removes it alone', () => {
  const plane = Plane.furnished()
  const put = (endpointId: string, id: string): void => {
    const times = { notBefore: null, notAfter: null }
    plane.do({ kind: 'put-secret', endpointId, id, source: { ref: `file:${id}` }, ...times })
  }
  plane.do({ kind: 'put-endpoint', id: 'other', tenantId: 'demo', definition: levy })
  put('levy', 'k1')
  put('levy', 'k2')
  put('other', 'k1')
  const entry = { id: 'levy', tenant_id: 'demo', ...levy, secrets: [{ id: 'k2', ref: 'file:k2' }] }
  const smaller = { version: 1, endpoints: [entry] }
  const kept = plane.do({ kind: 'import-endpoints', file: smaller }, without)
  assert.deepEqual(kept.shown['left_secrets'], ['levy/k1'])
  assert.deepEqual(kept.changes, [])
  const pruned = plane.do({ kind: 'import-endpoints', file: smaller, prune: true }, without)
  assert.deepEqual(pruned.shown['removed_secrets'], ['levy/k1'])
  assert.deepEqual([...plane.state.secrets.keys()].toSorted(), ['levy/k2', 'other/k1'])
  assert.deepEqual(
    pruned.audit.map(({ kind, id, after }) => [kind, id, after]),
    [['secret', 'levy/k1', null]],
  )
})
