import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cloudEventHeaders, headerNames } from '../src/index.ts'

test('a normalized event carries CloudEvents 1.0 headers in binary mode', () => {
  const headers = cloudEventHeaders({
    eventId: 'evt/1',
    tenantId: 'de mo',
    source: 'levy',
    eventType: 'reservation.created',
    resourceType: 'reservation',
    resourceId: 'r/1',
    occurredAt: '2026-11-21T08:30:00.123456Z',
  })
  assert.deepEqual(headers, {
    ce_specversion: '1.0',
    ce_id: 'evt/1',
    ce_source: '/tenants/de%20mo/sources/levy',
    ce_type: 'reservation.created',
    ce_time: '2026-11-21T08:30:00.123456Z',
    ce_subject: 'reservation/r%2F1',
    'content-type': 'application/avro',
  })
})

test('each source of a tenant has its own path, however many tenants there were', () => {
  const facts = { eventId: 'e', eventType: 't', resourceType: 'r', resourceId: 'i', occurredAt: '' }
  const sourceOf = (tenantId: string, source: string) =>
    cloudEventHeaders({ ...facts, tenantId, source })['ce_source']
  for (let i = 0; i < 5000; i++) assert.equal(sourceOf(`t${i}`, 's'), `/tenants/t${i}/sources/s`)
  for (const tenant of ['t1', 't4999', 'new']) {
    for (const source of ['a', 'b', 'a', 'a/b']) {
      const path = `/tenants/${tenant}/sources/${encodeURIComponent(source)}`
      assert.equal(sourceOf(tenant, source), path)
    }
  }
})

test('header names are what readers outside look for', () => {
  assert.deepEqual(headerNames, {
    mac: 'fleet_mac',
    macKeyId: 'fleet_mac_kid',
    traceparent: 'traceparent',
    stage: 'fleet_stage',
  })
})
