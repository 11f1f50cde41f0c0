import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SecurityLog } from '../../src/core/security-log.ts'
import type { Observation } from '../../src/core/security-log.ts'

const seen: Observation = {
  reason: 'bad_signature',
  endpointId: 'levy',
  tenantId: 'acme',
  remoteIp: '192.0.2.1',
  method: 'POST',
  path: '/v1/hooks/levy',
  headers: {
    'x-levy-signature': 'sha256=abc',
    'user-agent': ['one', 'two'],
    authorization: 'Bearer x',
    cookie: 'c',
    'webhook-id': 'm'.repeat(1000),
  },
  signatureHeader: 'x-levy-signature',
  bodyBytes: 12,
  bodySha256: () => new Uint8Array(32),
}
const now = { elapsedMs: 5, wallMs: 1000 }

test('a record is bounded and holds no signature and no header that is not listed', () => {
  const event = new SecurityLog().observe(
    { ...seen, endpointId: 'e'.repeat(500), path: `/v1/hooks/${'e'.repeat(500)}` },
    now,
  )
  assert.deepEqual(event, {
    reason: 'bad_signature',
    endpoint_id: 'e'.repeat(128),
    tenant_id: 'acme',
    remote_ip: '192.0.2.1',
    method: 'POST',
    path: `/v1/hooks/${'e'.repeat(246)}`,
    headers: {
      'user-agent': 'one, two',
      'webhook-id': 'm'.repeat(256),
      'x-levy-signature': '[redacted]',
    },
    body_sha256: new Uint8Array(32),
    body_bytes: 12,
    count: 1,
    first_at: 1_000_000,
    last_at: 1_000_000,
  })
})

test('the limit is per endpoint, address and reason, and a held back one costs no hash', () => {
  const log = new SecurityLog()
  let hashes = 0
  const observation = {
    ...seen,
    bodySha256: () => {
      hashes += 1
      return null
    },
  }
  const ask = (changes: Partial<Observation>): boolean =>
    log.observe({ ...observation, ...changes }, now) !== null
  for (let i = 0; i < 10; i++) assert.equal(ask({}), true)
  assert.equal(ask({}), false)
  assert.equal(hashes, 10)
  assert.equal(ask({ reason: 'stale' }), true)
  assert.equal(ask({ remoteIp: '192.0.2.2' }), true)
  assert.equal(ask({ endpointId: 'ump' }), true)
})

test('how many were held back is told after a minute, without the hash of any one body', () => {
  const log = new SecurityLog()
  for (let i = 0; i < 60; i++) log.observe(seen, { elapsedMs: i, wallMs: 1000 + i })
  assert.deepEqual(log.heldBack({ elapsedMs: 60_000 }), [])
  const [event, ...others] = log.heldBack({ elapsedMs: 60_010 })
  assert.deepEqual(others, [])
  assert.equal(event?.count, 50)
  assert.equal(event.endpoint_id, 'levy')
  assert.equal(event.body_sha256, null)
  assert.deepEqual([event.first_at, event.last_at], [1_010_000, 1_059_000])
  log.observe(seen, { elapsedMs: 60_011, wallMs: 2000 })
  assert.deepEqual(log.heldBack({ elapsedMs: 60_011 }, true), [])
})
