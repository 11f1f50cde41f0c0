import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { Alert, AlertSignal } from '@fleet/contracts'
import fc from 'fast-check'

import { AlertingState } from '../../src/alerting-state.ts'
import { minute, noonMicros, noShow, tick } from '../build-signal.ts'
import { feedAll } from '../feed.ts'

/** The alerts of this detector alone. */
function feed(signals: readonly AlertSignal[], memory = new AlertingState()): Alert[] {
  return feedAll(signals, memory).filter(({ detector }) => detector === 'no-show-spike')
}

function kindsIn(memory: AlertingState): string[] {
  return [...memory.entries('no-show'), ...memory.entries('last-tick')].map(([, fact]) => fact.kind)
}

/** `STATUS observed @minute` of each alert. */
function inShort(alerts: readonly Alert[]): string[] {
  return alerts.map(
    ({ status, observed, event_time: at }) =>
      `${status} ${observed} @${(at - noonMicros) / minute}`,
  )
}

/** No-shows of different reservations at these minutes. */
function noShows(minutes: readonly number[], prefix = 'R'): AlertSignal[] {
  return minutes.map((at, index) => noShow(`${prefix}${index}`, at))
}

describe('opening', () => {
  const rows: [string, AlertSignal[], string[]][] = [
    ['five within 15 minutes open', [...noShows([1, 2, 3, 4, 5]), tick(6)], ['OPEN 5 @6']],
    ['four do not', [...noShows([1, 2, 3, 4]), tick(6)], []],
    ['the end of the window counts', [...noShows([1, 1, 1, 1, 6]), tick(6)], ['OPEN 5 @6']],
    ['its start does not', [...noShows([-14, 1, 1, 1, 1]), tick(6)], []],
    [
      'a microsecond after its start does',
      [...noShows([-14 + 1 / minute, 1, 1, 1, 1]), tick(6)],
      ['OPEN 5 @6'],
    ],
    ['what lies ahead of the tick waits', [...noShows([5, 5, 5, 5, 7]), tick(6)], []],
    [
      'and counts when the ticks have come to it',
      [...noShows([5, 5, 5, 5, 7]), tick(6), tick(7)],
      ['OPEN 5 @7'],
    ],
    ['without a tick nothing is decided', noShows([1, 2, 3, 4, 5]), []],
    [
      'events that come late, after a tick of their time, count at the next',
      [tick(6), ...noShows([1, 2, 3, 4, 5]), tick(7)],
      ['OPEN 5 @7'],
    ],
    [
      'five spread over an hour do not',
      [...noShows([0, 15, 30, 45, 60]), ...[0, 15, 30, 45, 60].map(at => tick(at))],
      [],
    ],
    [
      'a spike of half an hour ago that arrives late opens, once, and resolves when all is quiet',
      [tick(40), ...noShows([1, 2, 3, 4, 5]), tick(41), tick(45), tick(54), tick(55), tick(56)],
      ['OPEN 5 @41', 'RESOLVED 0 @55'],
    ],
    ['a replay of last year does not', [tick(0), ...noShows(Array(9).fill(-525_600)), tick(1)], []],
    ['nor on an empty state', [...noShows(Array(9).fill(-525_600)), tick(1)], []],
  ]
  for (const [what, signals, alerts] of rows) {
    test(what, () => assert.deepEqual(inShort(feed(signals)), alerts))
  }
})

describe('distinct events', () => {
  test('the same event again is not counted', () => {
    const four = noShows([1, 2, 3, 4])
    assert.deepEqual(feed([...four, ...four, tick(6)]), [])
  })

  test('the same event id at another resource is another event', () => {
    const [first] = noShows([1])
    assert.ok(first)
    const others = ['A', 'B', 'C', 'D'].map(id => ({
      ...first,
      resource: { type: 'reservation', id },
    }))
    assert.deepEqual(inShort(feed([first, ...others, tick(6)])), ['OPEN 5 @6'])
  })

  test('superseded ones count', () => {
    const five = noShows([1, 2, 3, 4, 5])
    const superseded = five.map(signal => ({ ...signal, disposition: 'SUPERSEDED' as const }))
    assert.deepEqual(inShort(feed([...superseded, tick(6)])), ['OPEN 5 @6'])
  })

  test('tenants are counted apart', () => {
    const signals = [
      ...['a', 'b', 'c', 'd'].map(id => noShow(id, 1, 'acme')),
      ...['a', 'b', 'c', 'd', 'e'].map(id => noShow(id, 1, 'zeta')),
      tick(2),
    ]
    const alerts = feed(signals)
    assert.deepEqual(inShort(alerts), ['OPEN 5 @2'])
    assert.equal(alerts[0]?.dedup_key, 'no-show-spike:zeta')
  })

  test('signals of other kinds and types have no effect', () => {
    const memory = new AlertingState()
    const [first] = noShows([1])
    assert.ok(first)
    const others = [
      { ...first, kind: 'SOMETHING' },
      { ...first, event_type: 'reservation.created' },
      { ...first, resource: null },
      { ...tick(1), tick_at: null },
    ]
    assert.deepEqual(feed(others, memory), [])
    assert.deepEqual(kindsIn(memory), [])
  })
})

describe('after opening', () => {
  const opened = [...noShows([1, 2, 3, 4, 5]), tick(6)]
  const more = noShows([6.5, 6.6], 'M')
  const rows: [string, AlertSignal[], string[]][] = [
    ['the same count says nothing', [tick(7), tick(8)], []],
    ['a higher count updates, once', [...more, tick(7), tick(8)], ['UPDATED 7 @7']],
    ['a falling count says nothing', [tick(16.5), tick(17.5)], []],
    [
      'an event that comes late into the densest window updates',
      [tick(19), noShow('late', 4.5), tick(19.5)],
      ['UPDATED 6 @19.5'],
    ],
    ['one outside of it does not', [tick(19), noShow('late', 18.5), tick(19.5)], []],
    [
      'and keeps the alert open for another 15 minutes of ticks',
      [tick(19), noShow('late', 18.5), tick(20), tick(33.9), tick(34)],
      ['RESOLVED 0 @34'],
    ],
    ['it resolves when the window is empty at a tick', [tick(19.9), tick(20)], ['RESOLVED 0 @20']],
    ['and only once', [tick(20), tick(21), tick(60)], ['RESOLVED 0 @20']],
    ['also when ticks were missing for long', [tick(600)], ['RESOLVED 0 @600']],
    [
      'and may open again',
      [tick(20), ...noShows([21, 21, 21, 21, 21], 'N'), tick(22)],
      ['RESOLVED 0 @20', 'OPEN 5 @22'],
    ],
    ['ticks that go back in time are ignored', [...more, tick(5), tick(6)], []],
  ]
  for (const [what, signals, alerts] of rows) {
    test(what, () => {
      assert.deepEqual(inShort(feed([...opened, ...signals])), ['OPEN 5 @6', ...alerts])
    })
  }
})

describe('the alert', () => {
  test('says what, how many, whose and when', () => {
    assert.deepEqual(feed([...noShows([5, 4, 3, 2, 1]), tick(6)]), [
      {
        dedup_key: 'no-show-spike:demo',
        status: 'OPEN',
        detector: 'no-show-spike',
        severity: 'warning',
        tenant_id: 'demo',
        subject: null,
        summary: '5 reservation no-shows for tenant demo within 15 minutes (alert at 5)',
        source: '/tenants/demo',
        component: 'reservation',
        window_start: noonMicros - 10 * minute,
        window_end: noonMicros + 5 * minute,
        observed: 5,
        threshold: 5,
        event_time: noonMicros + 6 * minute,
        event_ids: ['e-R4', 'e-R3', 'e-R2', 'e-R1', 'e-R0'],
        details: {
          event_type: 'reservation.no_show',
          opened_at: '2026-05-04T10:06:00.000000Z',
          detector_version: '1',
          window_minutes: '15',
        },
      },
    ])
  })

  test('names at most the 20 newest events but counts all', () => {
    const minutes = Array.from({ length: 30 }, (_, index) => 1 + index / 10)
    const [alert] = feed([...noShows(minutes), tick(6)])
    assert.equal(alert?.observed, 30)
    assert.deepEqual(
      alert.event_ids,
      Array.from({ length: 20 }, (_, index) => `e-R${index + 10}`),
    )
  })

  test('keeps the time it was opened, and names no events when it is resolved', () => {
    const resolved = feed([...noShows([1, 2, 3, 4, 5]), tick(6), tick(30)])[1]
    assert.equal(resolved?.details['opened_at'], '2026-05-04T10:06:00.000000Z')
    assert.deepEqual(resolved.event_ids, [])
    assert.equal(resolved.summary, 'No more reservation no-shows for tenant demo within 15 minutes')
  })
})

describe('memory', () => {
  test('forgets events an hour older than the tick, and takes no older ones', () => {
    const memory = new AlertingState()
    feed([...noShows([0, 1, 2]), tick(61)], memory)
    assert.deepEqual(kindsIn(memory), ['no_show', 'last_tick'])
    feed([noShow('old', 1)], memory)
    assert.deepEqual(kindsIn(memory), ['no_show', 'last_tick'])
  })
})

const anySignals = fc.array(
  fc.oneof(
    fc
      .record({ id: fc.nat(12), at: fc.integer({ min: -70, max: 90 }), tenant: fc.nat(1) })
      .map(({ id, at, tenant }) => noShow(`R${id}`, at, `t${tenant}`)),
    fc.integer({ min: 0, max: 90 }).map(at => tick(at)),
  ),
  { maxLength: 120 },
)

describe('replaying the signals', () => {
  test('from the start gives the same alerts', () => {
    fc.assert(
      fc.property(anySignals, signals => {
        assert.deepEqual(feed(signals), feed(signals))
      }),
    )
  })

  test('with every record repeated gives the same alerts', () => {
    fc.assert(
      fc.property(anySignals, signals => {
        const repeated = signals.flatMap(signal => [signal, signal])
        assert.deepEqual(feed(repeated), feed(signals))
      }),
    )
  })

  test('over a state that has seen them gives no alert', () => {
    fc.assert(
      fc.property(anySignals, signals => {
        const memory = new AlertingState()
        feed(signals, memory)
        assert.deepEqual(feed(signals, memory), [])
      }),
    )
  })

  test('in any order between two ticks gives the same alerts', () => {
    const events = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 30 })
    fc.assert(
      fc.property(events, minutes => {
        const signals = minutes.map(at => noShow(`R${at}`, at / 3))
        const ticks = [tick(14), tick(20), tick(40)]
        assert.deepEqual(feed([...signals, ...ticks]), feed([...signals.reverse(), ...ticks]))
      }),
    )
  })

  test('per tenant, alerts go OPEN, then UPDATED any times, then RESOLVED', () => {
    fc.assert(
      fc.property(anySignals, signals => {
        const open = new Set<string>()
        for (const alert of feed(signals)) {
          assert.equal(open.has(alert.dedup_key), alert.status !== 'OPEN')
          if (alert.status === 'OPEN') open.add(alert.dedup_key)
          if (alert.status === 'RESOLVED') open.delete(alert.dedup_key)
        }
      }),
    )
  })
})
