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

test('header names are what readers outside look for', () => {
  assert.deepEqual(headerNames, {
    mac: 'fleet_mac',
    macKeyId: 'fleet_mac_kid',
    traceparent: 'traceparent',
    stage: 'fleet_stage',
  })
})
