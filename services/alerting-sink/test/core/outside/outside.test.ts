import assert from 'node:assert/strict'
import { test } from 'node:test'

import { toAlertmanager, toPagerDuty } from '../../../src/index.ts'
import { eventSignal, tick } from '../../build-signal.ts'
import { feedAll } from '../../feed.ts'

const failures = [1, 2, 3, 4, 5].map(at => eventSignal('vehicle.command_failed', at, { id: 'V1' }))
const [opened, resolved] = feedAll([...failures, tick(6), tick(70), tick(101)])
assert.ok(opened !== undefined && resolved !== undefined)

// The fields and limits of https://developer.pagerduty.com/docs/send-alert-event
test('PagerDuty: trigger with its required fields, resolve under the same key', () => {
  const event = toPagerDuty(opened, 'R'.repeat(32))
  assert.equal(event.event_action, 'trigger')
  assert.equal(event.routing_key.length, 32)
  assert.equal(event.dedup_key, 'command-failures:demo:vehicle/V1')
  const { summary, source, severity, timestamp, component, group } = event.payload
  assert.equal(summary, '5 failures for vehicle V1 within 60 minutes (alert at 5)')
  assert.deepEqual([source, component, group], ['/tenants/demo', 'vehicle', 'demo'])
  assert.ok(['critical', 'error', 'warning', 'info'].includes(severity))
  assert.equal(timestamp, '2026-05-04T10:06:00.000000Z')
  assert.equal(event.payload.class, 'command-failures')
  assert.equal(event.payload.custom_details['observed'], 5)
  const end = toPagerDuty(resolved, 'R'.repeat(32))
  assert.deepEqual([end.event_action, end.dedup_key], ['resolve', event.dedup_key])
})

test('PagerDuty: a dedup key stays within 255 characters and two long ones stay two', () => {
  const keys = ['a', 'b'].map(end => {
    const long = { ...opened, dedup_key: `x:${'y'.repeat(400)}${end}`, summary: 's'.repeat(2000) }
    const event = toPagerDuty(long, 'key')
    assert.ok(event.dedup_key.length <= 255 && event.payload.summary.length === 1024)
    return event.dedup_key
  })
  assert.notEqual(keys[0], keys[1])
})

// postableAlert of https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
test('Alertmanager: labels are the same from OPEN to RESOLVED, endsAt comes with the end', () => {
  const [open, end] = [toAlertmanager(opened), toAlertmanager(resolved)]
  assert.deepEqual(open.labels, end.labels)
  assert.equal(open.labels['alertname'], 'command-failures')
  for (const name of Object.keys(open.labels)) assert.match(name, /^[a-zA-Z_][a-zA-Z0-9_]*$/)
  for (const text of Object.values(open.labels)) assert.ok(text.length > 0)
  assert.equal(open.startsAt, end.startsAt)
  assert.equal(open.endsAt, undefined)
  assert.ok(end.endsAt !== undefined && end.endsAt > end.startsAt)
})
