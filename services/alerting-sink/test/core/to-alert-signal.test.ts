import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { domains } from '@fleet/contracts'

import { toAlertSignal, toTickSignal } from '../../src/core/to-alert-signal.ts'
import { noonMicros, noShowEvent } from '../build-signal.ts'

const origin = { topic: 'events', partition: 3, offset: 17 }

describe('what is routed', () => {
  test('a live no-show, with the tenant, the resource and where it came from', () => {
    const event = noShowEvent({ tenant_id: 'acme', disposition: 'SUPERSEDED' })
    assert.deepEqual(toAlertSignal('reservation', event, origin), {
      kind: 'EVENT',
      tenant_id: 'acme',
      event_id: 'e1',
      event_type: 'reservation.no_show',
      domain: 'reservation',
      resource: { type: 'reservation', id: 'R1' },
      disposition: 'SUPERSEDED',
      effective_at: noonMicros,
      tick_at: null,
      origin,
      vehicle_id: null,
      started_at: null,
      due_at: null,
      source: null,
      count: null,
      amount: null,
      entry_id: null,
      sequence: null,
    })
  })

  test('no test delivery', () => {
    assert.equal(toAlertSignal('reservation', noShowEvent({ mode: 'TEST' }), origin), null)
  })

  for (const domain of domains) {
    test(`no type of ${domain} that no detector takes`, () => {
      for (const type of [`${domain}.created`, 'no_show', 'constructor', 'reservation.no_show2']) {
        assert.equal(toAlertSignal(domain, noShowEvent({ event_type: type }), origin), null)
      }
    })
  }
})

test('a tick carries its time and nothing else', () => {
  const signal = toTickSignal(noonMicros)
  assert.equal(signal.kind, 'TICK')
  assert.equal(signal.tick_at, noonMicros)
  const { kind: _kind, tick_at: _tickAt, tenant_id: tenantId, ...rest } = signal
  assert.equal(tenantId, '')
  assert.ok(Object.values(rest).every(value => value === null))
})
