import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import type { Domain } from '@fleet/contracts'

import { newestAt } from '../../src/core/resource-memory.ts'
import type { ResourceMemory } from '../../src/core/resource-memory.ts'
import {
  fromResourceRow,
  newestAtOfRow,
  rowFits,
  toResourceRow,
} from '../../src/state/resource-row.ts'

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
      const text = toResourceRow(one).toString('utf8')
      assert.deepEqual(fromResourceRow(text), one)
      assert.equal(newestAtOfRow(text), newestAt(one))
      JSON.parse(text)
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
  const fatal = { code: 'CHANGELOG_UNREADABLE', fate: 'fatal' }
  assert.throws(() => fromResourceRow('[3,1,[],[]]'), fatal)
  assert.throws(() => newestAtOfRow('[3,1,[],[]]'), fatal)
  for (const text of ['[2,1,x,[],[]]', '[2,1]', '[2,1,5,[],[', '[2,']) {
    assert.throws(() => newestAtOfRow(text), fatal, text)
  }
})

test('a row of the first format, which did not say its newest time, is still read', () => {
  const register = '["billing","e1","billing.charge_succeeded",5,7,2,{"attributes":{}}]'
  const text = `[1,3,[${register}],[]]`
  assert.equal(newestAtOfRow(text), 7)
  const read = fromResourceRow(text)
  assert.equal(read.version, 3)
  assert.equal(read.registers.get('billing')?.data_json, '{"attributes":{}}')
})
