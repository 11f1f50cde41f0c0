// What a task remembered of a resource is what the state table and the events say of it.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import type { Encodable, ResourceState, VehicleEvent } from '@fleet/contracts'

import { fromResourceState, noteClues } from '../../src/core/from-resource-state.ts'
import type { SignalClues } from '../../src/core/from-resource-state.ts'
import { keyOf, Partition, policy, sent, signal } from '../kit.ts'

const delivery = fc
  .tuple(
    fc.nat(10),
    fc.uniqueArray(
      fc.tuple(fc.constantFrom('odo', 'fuel'), fc.boolean(), fc.integer({ min: -400, max: 700 })),
      { selector: ([code]) => code },
    ),
    fc.boolean(),
    fc.integer({ min: -20, max: 500 }),
  )
  .map(([laterSeconds, signals, isVehicle, ahead]) => ({ laterSeconds, signals, isVehicle, ahead }))

test('a resource is made again from its state and its events, held-back times and old values included', () => {
  fc.assert(
    fc.property(fc.array(delivery, { maxLength: 25 }), deliveries => {
      const partition = new Partition()
      const states = new Map<string, ResourceState>()
      const events: { key: string; event: Encodable<VehicleEvent> }[] = []
      let appended = 0
      deliveries.forEach(({ laterSeconds, signals, isVehicle, ahead }, n) => {
        appended += laterSeconds
        const one = sent({
          appended,
          occurred: appended + ahead,
          type: isVehicle ? 'vehicle.state_reported' : 'reservation.updated',
          id: `e${n}`,
          resource: `R${n % 2}`,
          signals: isVehicle
            ? signals.map(([code, isGood, at]) => signal(code, isGood, appended + at, `${n}`))
            : [],
        })
        const { event, states: written } = partition.take(one)
        if (event !== undefined && 'signals' in event) events.push({ key: keyOf(one), event })
        for (const { key, value } of written) if (value !== null) states.set(key, value)
      })
      for (const [key, state] of states) {
        const clues: SignalClues = new Map()
        for (const { key: of, event } of events) {
          if (of !== key) continue
          const { event_id: eventId, signals, lineage } = event
          const appendedAtMs = lineage.raw_timestamp / 1000
          noteClues(clues, state, { eventId, signals, appendedAtMs }, policy.skewMicros)
        }
        assert.deepEqual(fromResourceState(state, clues, 0), partition.state.resource(key), key)
      }
    }),
    { numRuns: 300 },
  )
})

test('without its events a reading counts from when it was observed, at most from its record', () => {
  const partition = new Partition()
  const [reading] = partition.take(
    sent({ appended: 10, type: 'vehicle.state_reported', signals: [signal('odo', true, 5, '1')] }),
  ).states
  const state = reading?.value
  assert.ok(state)
  const { latest } = fromResourceState(state, undefined, Infinity).signals.get('odo') ?? {}
  assert.equal(latest?.orderAt, state.signals['odo']?.observed_at)
  const held = fromResourceState(state, undefined, 7).signals.get('odo')
  assert.equal(held?.latest.orderAt, 7)
})
