import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import type { Domain } from '@fleet/contracts'

import type { ResourceMemory } from '../../src/core/resource-memory.ts'
import { fromResourceRow, rowFits, toResourceRow } from '../../src/state/resource-row.ts'

const text = fc.string({ unit: 'binary' })
const optionalText = fc.option(text)
const time = fc.maxSafeInteger()

const register = fc
  .tuple(text, text, time, time, fc.nat(4), fc.dictionary(text, fc.jsonValue()))
  .map(([event_id, event_type, occurred_at, effective_at, rank, data]) => {
    const data_json = JSON.stringify({ ...data, attributes: data })
    return { event_id, event_type, occurred_at, effective_at, rank, data_json }
  })

const value = fc
  .tuple(time, text, time, optionalText, optionalText)
  .map(([orderAt, eventId, observedAt, valueJson, unit]) => ({
    orderAt,
    eventId,
    observedAt,
    valueJson,
    unit,
  }))

const signal = fc
  .tuple(text, optionalText, optionalText, text, time, time, text, fc.option(value))
  .map(([code, name, group, status, observed_at, orderAt, eventId, good]) => {
    const reading = { code, name, group, status, error_type: name, error_code: null, observed_at }
    return { latest: { orderAt, eventId, signal: reading }, value: good }
  })

const memory: fc.Arbitrary<ResourceMemory> = fc
  .tuple(
    fc.nat(),
    fc.dictionary(fc.constantFrom('billing', 'vehicle', 'customer'), register),
    fc.array(signal, { maxLength: 5 }),
  )
  .map(([version, registers, signals]) => ({
    version,
    registers: new Map(Object.entries(registers) as [Domain, (typeof registers)[string]][]),
    signals: new Map(signals.map(each => [each.latest.signal.code, each])),
  }))

test('a row gives back the resource it was made of, to the letter', () => {
  fc.assert(
    fc.property(memory, one => {
      assert.deepEqual(fromResourceRow(toResourceRow(one)), one)
    }),
  )
})

test('a resource fits exactly when its row does', () => {
  fc.assert(
    fc.property(memory, fc.nat(20_000), (one, bytesMax) => {
      assert.equal(rowFits(one, bytesMax), toResourceRow(one).length <= bytesMax)
    }),
  )
})

test('a row of another format stops the process', () => {
  const row = Buffer.from('[2,1,[],[]]')
  assert.throws(() => fromResourceRow(row), { code: 'CHANGELOG_UNREADABLE', fate: 'fatal' })
})
