import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import type { NormalizedEvent } from '../../src/core/normalized-event.ts'
import { competeForRegister } from '../../src/core/registers.ts'

const event: NormalizedEvent = {
  domain: 'reservation',
  eventId: 'e1',
  eventType: 'reservation.created',
  source: 'levy',
  sourceEventType: 'reservation.created',
  tenantId: 'demo',
  subaccountId: null,
  resource: { type: 'reservation', id: 'R1' },
  occurredAt: 1_795_252_000_000_000,
  mode: 'LIVE',
  deliveryAttempt: null,
  fields: {},
  attributes: { record: {}, encoded: null, json: '{}' },
  fingerprint: 1,
  mapperVersion: '1',
}

test('the data of a register are the JSON of its fields with the attributes behind them', () => {
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.constant(null))
  const fields = fc.dictionary(fc.constantFrom('reason', 'starts_at', '1', 'a"b'), value)
  const attributes = fc.dictionary(fc.string(), fc.string({ unit: 'binary' }))
  fc.assert(
    fc.property(fields, attributes, (own, rest) => {
      const json = JSON.stringify(rest)
      const attributesOfIt = { record: rest, encoded: null, json }
      const given = { ...event, fields: own, attributes: attributesOfIt }
      const register = competeForRegister(undefined, given, event.occurredAt)
      assert.equal(register?.data_json, JSON.stringify({ ...own, attributes: rest }))
    }),
  )
})
