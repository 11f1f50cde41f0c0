// Replaying the signals topic gives the same alerts: whatever the signals are, wherever the stage is
// restarted, and when records come again.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { topics } from '@fleet/contracts'
import type { Alert, AlertSignal } from '@fleet/contracts'
import { driveStage } from '@fleet/stage'
import fc from 'fast-check'

import { alertingSink } from '../src/index.ts'
import { activity, covered, eventSignal, excess, noShow, tick } from './build-signal.ts'
import { defaults } from './feed.ts'

/** After every tick of these tests: none is ahead of its time. */
const lateMs = 4_000_000_000_000

const newSink = () =>
  driveStage(alertingSink({ detectors: defaults }), { partition: 0, partitionCount: 1 })

function alertsOf(
  signals: readonly AlertSignal[],
  restartsAfter: (index: number) => boolean = () => false,
  sink = newSink(),
): Alert[] {
  return signals.flatMap((value, index) => {
    const { emit } = sink.pipe(topics.alertSignals, {
      key: value.tenant_id,
      value,
      timestampMs: lateMs,
    })
    if (restartsAfter(index)) sink.restart()
    return emit.map(({ value: alert }) => alert as Alert)
  })
}

const actions = ['checkin_started', 'active', 'extended', 'checkout_started', 'completed']

/** Two tenants, with much of everything around the tick at which it comes. */
const anySignal = fc
  .record({
    kind: fc.constantFrom(
      'no_show',
      'failure',
      'failure',
      'dispute',
      'session',
      'session',
      'activity',
      'excess',
      'covered',
    ),
    id: fc.nat(2),
    event: fc.nat(400),
    offset: fc.integer({ min: -30, max: 8 }),
    tenant: fc.constantFrom('t0', 't1'),
    action: fc.constantFrom(...actions),
    due: fc.integer({ min: -60, max: 200 }),
    isCurrent: fc.boolean(),
  })
  .map(
    ({ kind, id, event, offset, tenant, action, due, isCurrent }) =>
      (now: number): AlertSignal => {
        const at = now + offset
        switch (kind) {
          case 'no_show':
            return noShow(`R${event}`, at, tenant)
          case 'failure':
            return eventSignal('vehicle.command_failed', at, {
              id: `V${id}`,
              eventId: `f${event}`,
              tenant,
            })
          case 'dispute':
            return eventSignal('violation.disputed', at, { id: `D${event}`, tenant })
          case 'session':
            return eventSignal(`rental_session.${action}`, at, {
              id: `S${id}`,
              tenant,
              dueMinutes: at + due,
              disposition: isCurrent ? 'CURRENT' : 'SUPERSEDED',
            })
          case 'activity':
            return activity(`source${id}`, at, tenant)
          case 'excess':
            return excess(event, 1 + (event % 7), { id: `C${id}`, tenant })
          case 'covered':
            return { ...covered(event, event % 3), tenant_id: tenant }
        }
      },
  )

/** Ticks that now and then stand still, jump or fall back. */
const anySignals = fc
  .array(
    fc.record({
      before: fc.array(anySignal, { maxLength: 16 }),
      step: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(-7, 0, 45)),
    }),
    { maxLength: 40, size: 'max' },
  )
  .map(steps => {
    let now = 0
    const all = steps.flatMap(({ before, step }) => {
      const signals = before.map(make => make(now))
      now += step
      return [...signals, tick(now)]
    })
    // The ledger numbers its entries in the order in which it speaks of them.
    return all.map((signal, sequence) =>
      signal.entry_id === null ? signal : { ...signal, sequence, entry_id: `entry${sequence}` },
    )
  })

/** An event has one time; under another it is another event, which this leaves out. */
function withOneTimeEach(signals: readonly AlertSignal[]): AlertSignal[] {
  const times = new Map<string, number | null>()
  return signals.filter(({ event_id: id, effective_at: at }) => {
    if (id === null) return true
    if (!times.has(id)) times.set(id, at)
    return times.get(id) === at
  })
}

const runs = { numRuns: 20 }

describe('replaying any signals', () => {
  test('from the start gives the same alerts', () => {
    fc.assert(
      fc.property(anySignals, signals => assert.deepEqual(alertsOf(signals), alertsOf(signals))),
      runs,
    )
  })

  test('restarted from the changelog after every record gives the same alerts', () => {
    fc.assert(
      fc.property(anySignals, signals => {
        assert.deepEqual(
          alertsOf(signals, () => true),
          alertsOf(signals),
        )
      }),
      runs,
    )
  })

  test('restarted anywhere gives the same alerts', () => {
    fc.assert(
      fc.property(anySignals, fc.nat(300), (signals, at) => {
        assert.deepEqual(
          alertsOf(signals, index => index === at),
          alertsOf(signals),
        )
      }),
      runs,
    )
  })

  test('with every record twice, and with old ones again, gives the same alerts', () => {
    fc.assert(
      fc.property(anySignals.map(withOneTimeEach), fc.nat(20), (signals, back) => {
        const again = signals.flatMap((signal, index) => [
          signal,
          ...signals.slice(index - back, index),
        ])
        const isTick = ({ kind }: AlertSignal): boolean => kind === 'TICK'
        // Activity has no identity: it says that something came up to a tick, and is told once a tick.
        const repeated = signals.flatMap(signal => [signal, signal])
        assert.deepEqual(alertsOf(repeated), alertsOf(signals))
        const events = signals.filter(({ kind }) => kind !== 'ACTIVITY')
        const eventsAgain = again.filter(({ kind }) => kind !== 'ACTIVITY')
        assert.deepEqual(alertsOf(eventsAgain), alertsOf(events))
        assert.ok(signals.length === 0 || signals.some(isTick))
      }),
      runs,
    )
  })

  test('what was heard before the first tick is not news when it is told again after it', () => {
    const grown = { ...excess(0, 1, { id: 'C1' }), sequence: 0, entry_id: 'entry0' }
    const nothing = { ...covered(0, 0), sequence: 1, entry_id: 'entry1' }
    const less = { ...covered(1, 1), sequence: 2, entry_id: 'entry2' }
    const once = [grown, nothing, tick(1), less, tick(3)]
    const twice = [grown, nothing, tick(1), grown, nothing, less, tick(3)]
    assert.deepEqual(alertsOf(twice), alertsOf(once))
  })

  test('over a state that has seen them gives no alert', () => {
    fc.assert(
      fc.property(anySignals, signals => {
        const sink = newSink()
        alertsOf(signals, undefined, sink)
        assert.deepEqual(alertsOf(signals, undefined, sink), [])
      }),
      runs,
    )
  })

  test('alerts of one key go OPEN, then UPDATED any times, then RESOLVED, at ticks that go forward', () => {
    fc.assert(
      fc.property(anySignals, signals => {
        const last = new Map<string, Alert>()
        for (const alert of alertsOf(signals)) {
          const before = last.get(alert.dedup_key)
          const isOpen = before !== undefined && before.status !== 'RESOLVED'
          assert.equal(isOpen, alert.status !== 'OPEN')
          assert.ok(alert.event_time > (before?.event_time ?? 0))
          assert.ok(alert.event_ids.length <= 20)
          last.set(alert.dedup_key, alert)
        }
      }),
      runs,
    )
  })

  test('such signals do raise alerts of several kinds', () => {
    const kinds = new Set<string>()
    for (const signals of fc.sample(anySignals, { numRuns: 60, seed: 7 })) {
      for (const { detector } of alertsOf(signals)) kinds.add(detector)
    }
    for (const kind of [
      'no-show-spike',
      'command-failures',
      'check-in-timeout',
      'check-out-timeout',
      'refund-excess',
    ]) {
      assert.ok(kinds.has(kind), `${kind} is not among ${[...kinds].join()}`)
    }
  })
})
