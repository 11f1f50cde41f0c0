import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import type { VehicleEvent } from '@fleet/contracts'

import type { Policy } from '../../src/core/policy.ts'
import { keyOf, Partition, sent, signal } from '../kit.ts'
import type { Decided, Sent } from '../kit.ts'
import { NaiveModel } from '../naive-model.ts'

const shortPolicy: Policy = {
  windowMs: 40_000,
  skewMicros: 5_000_000,
  horizonMicros: 90_000_000,
}
const idsMax = 12
const naiveOptions = { windowSeconds: 40, skewSeconds: 5, horizonSeconds: 90, idsMax }

const someSignal = fc
  .tuple(
    fc.constantFrom('odo', 'fuel'),
    fc.boolean(),
    fc.integer({ min: -20, max: 130 }),
    fc.nat(9).map(String),
  )
  .map(([code, isGood, observed, value]) => signal(code, isGood, observed, value))

const someType = fc.constantFrom(
  'reservation.created',
  'reservation.updated',
  'reservation.accepted',
  'reservation.refused',
  'billing.charge_failed',
  'billing.charge_succeeded',
  'vehicle.state_reported',
)

const someEvent = fc.record({
  type: someType,
  id: fc.constantFrom('a', 'b', 'B', 'c', 'd', '\uFFFD', '\u{1F697}'),
  resource: fc.constantFrom('R1', 'R2'),
  source: fc.constantFrom('levy', 'ump'),
  mode: fc.constantFrom('LIVE' as const, 'LIVE' as const, 'LIVE' as const, 'TEST' as const),
  fingerprint: fc.integer({ min: 1, max: 2 }),
  signals: fc.array(someSignal, { maxLength: 3 }),
  onIdConflict: fc.constantFrom('dead_letter' as const, 'count' as const),
  bad: fc.constantFrom(null, null, null, null, 'UNIDENTIFIED' as const, 'BAD_TIME' as const),
})

function withoutForeignSignals(one: Sent): Sent {
  return one.domain === 'vehicle' ? one : { ...one, signals: [] }
}

/** A raw log: append times mostly rise, times of the source go where they like. */
const rawLog = fc
  .array(
    fc.tuple(
      someEvent,
      fc.integer({ min: -5, max: 15 }),
      fc.integer({ min: -120, max: 20 }),
      fc.integer({ min: -60, max: 0 }),
    ),
    { maxLength: 40 },
  )
  .map(rows => {
    let appended = 0
    return rows.map(([event, later, occurred, received]) => {
      appended = Math.max(0, appended + later)
      return withoutForeignSignals(
        sent({
          ...event,
          appended,
          occurred: appended + occurred,
          received: appended + Math.min(0, received + 30),
        }),
      )
    })
  })

test('every decision is the one a plain model comes to', () => {
  fc.assert(
    fc.property(rawLog, log => {
      const partition = new Partition({ policy: { ...shortPolicy, horizonMicros: 1e15 }, idsMax })
      const model = new NaiveModel({ ...naiveOptions, horizonSeconds: 1e9 })
      checkAgainst(model, partition, log)
      for (const resource of ['R1', 'R2']) {
        assert.deepEqual(stateOf(partition, resource), model.stateOf(resource))
      }
    }),
    { numRuns: 400 },
  )
})

test('the horizon refuses what a plain model refuses', () => {
  fc.assert(
    fc.property(rawLog, log => {
      // A value that is forgotten with its resource may be missed by the model: it forgets nothing.
      const partition = new Partition({ policy: shortPolicy, idsMax })
      checkAgainst(new NaiveModel(naiveOptions), partition, log)
    }),
    { numRuns: 400 },
  )
})

function checkAgainst(model: NaiveModel, partition: Partition, log: readonly Sent[]): void {
  for (const one of log) {
    const { outcome, event } = partition.take(one)
    const signals = (event as VehicleEvent | undefined)?.signals ?? []
    assert.deepEqual(
      {
        verdict: outcome.verdict,
        code: outcome.verdict === 'dead_letter' ? outcome.code : null,
        disposition: event?.disposition ?? null,
        won: signals.map(({ won }) => won),
      },
      model.take(one),
    )
  }
}

test('published, duplicates and dead letters add up to raw; no record is published twice', () => {
  fc.assert(
    fc.property(rawLog, log => {
      const partition = new Partition({ policy: shortPolicy, idsMax })
      const decided = log.map(one => partition.take(one))
      const count = (verdict: string) =>
        decided.filter(({ outcome }) => outcome.verdict === verdict).length
      assert.equal(count('published') + count('duplicate') + count('dead_letter'), log.length)
      const offsets = decided.flatMap(({ event }) => event?.lineage.raw_offset ?? [])
      assert.equal(offsets.length, count('published'))
      assert.equal(new Set(offsets).size, offsets.length)
    }),
  )
})

/**
 * Distinct events, each with an id of its own in its resource, none in the future by more than the
 * skew.
 */
const honestEvents = fc.uniqueArray(fc.tuple(someEvent, fc.integer({ min: 0, max: 20 })), {
  selector: ([{ resource, id }]) => `${resource}/${id}`,
  maxLength: 12,
})

test('the final state is the same for every order and repetition of honest deliveries', () => {
  const deliveries = honestEvents.chain(events =>
    fc.record({
      events: fc.constant(events),
      extra: fc.array(fc.nat(Math.max(0, events.length - 1)), { maxLength: 10 }),
      seeds: fc.tuple(fc.infiniteStream(fc.nat()), fc.infiniteStream(fc.nat())),
    }),
  )
  fc.assert(
    fc.property(deliveries, ({ events, extra, seeds }) => {
      const states = seeds.map(seed => {
        const repeated = [...events, ...extra.flatMap(at => events.slice(at, at + 1))]
        const order = repeated
          .map(event => ({ event, place: seed.next().value ?? 0 }))
          .toSorted((left, right) => left.place - right.place)
        const log = order.map(({ event: [event, occurred] }, at) =>
          withoutForeignSignals(sent({ ...event, bad: null, appended: 125 + at / 10, occurred })),
        )
        // Signals are observed up to 130: just within the skew of the earliest append time.
        const partition = new Partition({ policy: { ...shortPolicy, horizonMicros: 1e15 } })
        for (const one of log) partition.take(one)
        return [stateOf(partition, 'R1'), stateOf(partition, 'R2')]
      })
      assert.deepEqual(states[0], states[1])
    }),
    { numRuns: 400 },
  )
})

test('the same raw log gives the same outputs, batched and restarted anywhere', () => {
  const cut = fc.constantFrom('commit' as const, 'restart' as const, 'none' as const)
  fc.assert(
    fc.property(rawLog, fc.array(cut, { minLength: 40, maxLength: 40 }), (log, cuts) => {
      const plain = new Partition({ policy: shortPolicy, idsMax })
      const cutUp = new Partition({
        policy: shortPolicy,
        idsMax,
        commitsAfter: offset => cuts[offset] !== 'none',
        restartsBefore: offset => cuts[offset] === 'restart',
      })
      const expected = log.map(one => outputsOf(plain.take(one)))
      const actual = log.map(one => outputsOf(cutUp.take(one)))
      assert.deepEqual(actual, expected)
    }),
    { numRuns: 400 },
  )
})

function outputsOf({ outcome }: Decided): unknown {
  return outcome.verdict === 'published' ? outcome.emit : outcome
}

/** Registers and signals; versions, lineage and such follow the order of arrival and may differ. */
function stateOf(partition: Partition, resource: string) {
  const facts = { registers: {}, signals: {} }
  for (const type of ['reservation.created', 'vehicle.state_reported']) {
    const memory = partition.state.resource(keyOf(sent({ appended: 0, type, resource })))
    if (memory === undefined) continue
    for (const [domain, { event_id }] of memory.registers) {
      Object.assign(facts.registers, { [domain]: event_id })
    }
    for (const [code, { latest, value }] of memory.signals) {
      const reading = `${latest.signal.status} ${latest.eventId}`
      Object.assign(facts.signals, {
        [code]: `${reading} ${value?.valueJson} ${value?.observedAt}`,
      })
    }
  }
  return facts
}
