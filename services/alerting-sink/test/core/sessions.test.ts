import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { AlertSignal } from '@fleet/contracts'

import { AlertingState } from '../../src/alerting-state.ts'
import { eventSignal, minute, noonMicros, tick } from '../build-signal.ts'
import { feedAll } from '../feed.ts'

type Given = Parameters<typeof eventSignal>[2]

function session(action: string, minutes: number, given: Given = {}): AlertSignal {
  return eventSignal(`rental_session.${action}`, minutes, { id: 'S1', ...given })
}

function inShort(signals: readonly AlertSignal[], memory = new AlertingState()): string[] {
  return feedAll(signals, memory).map(({ status, detector, event_time: at, details }) => {
    const why = details['resolution'] === undefined ? '' : ` (${details['resolution']})`
    return `${detector.replace('-timeout', '')} ${status} @${(at - noonMicros) / minute}${why}`
  })
}

const hour = 60
const day = 24 * hour

const rows: readonly [string, AlertSignal[], string[]][] = [
  [
    'a check-in that does not become active in 90 minutes',
    [tick(0), session('checkin_started', 1), tick(90), tick(91), tick(92)],
    ['check-in OPEN @91'],
  ],
  [
    'counted from the planned start where that is later',
    [tick(0), session('checkin_started', 1, { startedMinutes: 60 }), tick(149), tick(150)],
    ['check-in OPEN @150'],
  ],
  [
    'a check-in that becomes active is none',
    [tick(0), session('checkin_started', 1), tick(50), session('active', 51), tick(200)],
    [],
  ],
  [
    'a check-in that becomes active late ends its alert at the next tick',
    [tick(0), session('checkin_started', 1), tick(91), session('active', 95), tick(96), tick(97)],
    ['check-in OPEN @91', 'check-in RESOLVED @96 (event)'],
  ],
  [
    'a car that is not back 90 minutes after it was due',
    [tick(0), session('active', 1, { dueMinutes: 100 }), tick(189), tick(190)],
    ['check-out OPEN @190'],
  ],
  [
    'one that is back in time is none',
    [
      tick(0),
      session('active', 1, { dueMinutes: 100 }),
      session('checkout_started', 99),
      session('completed', 110),
      tick(999),
    ],
    [],
  ],
  [
    'extended: the new due time counts',
    [
      tick(0),
      session('active', 1, { dueMinutes: 100 }),
      session('extended', 50, { dueMinutes: 300 }),
      tick(389),
      tick(390),
    ],
    ['check-out OPEN @390'],
  ],
  [
    'extended without a due time: nothing is expected any more',
    [tick(0), session('active', 1, { dueMinutes: 100 }), session('extended', 50), tick(999)],
    [],
  ],
  [
    'extended when it was overdue: the alert ends',
    [
      tick(0),
      session('active', 1, { dueMinutes: 10 }),
      tick(100),
      session('extended', 105, { dueMinutes: 600 }),
      tick(106),
    ],
    ['check-out OPEN @100', 'check-out RESOLVED @106 (event)'],
  ],
  ['active without a due time is not watched', [tick(0), session('active', 1), tick(9999)], []],
  [
    'a check-out that is not completed in an hour',
    [tick(0), session('checkout_started', 1), tick(60), tick(61)],
    ['check-out OPEN @61'],
  ],
  [
    'one reminder, then silence, and an end after a week',
    [
      tick(0),
      session('active', 1, { dueMinutes: 10 }),
      ...[100, 200, 1600, 3000, 10_179, 10_180, 20_000].map(at => tick(at)),
    ],
    ['check-out OPEN @100', 'check-out UPDATED @1600', 'check-out RESOLVED @10180 (given_up)'],
  ],
  [
    'what lost on arrival changes nothing',
    [tick(0), session('checkin_started', 1, { disposition: 'SUPERSEDED' }), tick(500)],
    [],
  ],
  [
    'an older event does not revive a session that is over',
    [
      tick(0),
      session('completed', 30),
      tick(31),
      session('active', 20, { dueMinutes: 40, eventId: 'late' }),
      tick(500),
    ],
    [],
  ],
  [
    'of one time the later phase wins, in whatever order they come',
    [tick(0), session('completed', 30), session('active', 30, { dueMinutes: 40 }), tick(500)],
    [],
  ],
  [
    'what was over a day before it became known is history',
    [tick(5 * day), session('active', 1, { dueMinutes: 100 }), tick(5 * day + 10)],
    [],
  ],
  [
    'also when nothing was known before',
    [session('active', 1, { dueMinutes: 100 }), tick(5 * day)],
    [],
  ],
  [
    'what became overdue while nobody looked is told afterwards',
    [tick(0), session('active', 1, { dueMinutes: 100 }), tick(3 * day)],
    ['check-out OPEN @4320'],
  ],
  [
    'events that come together long after the deadline are taken together',
    [
      tick(300),
      session('checkin_started', 1),
      tick(301),
      session('active', 20, { dueMinutes: 400 }),
      tick(303),
    ],
    [],
  ],
]

describe('sessions', () => {
  for (const [what, signals, alerts] of rows) {
    test(what, () => assert.deepEqual(inShort(signals), alerts))
  }

  test('tells which session, since when, and the deadline', () => {
    const [alert] = feedAll([tick(0), session('active', 1, { dueMinutes: 10 }), tick(130)])
    assert.equal(alert?.dedup_key, 'check-out-timeout:demo:rental_session/S1')
    assert.equal(alert.observed, 30)
    assert.equal(alert.details['due_at'], '2026-05-04T10:10:00.000000Z')
    assert.equal(alert.details['deadline'], '2026-05-04T11:40:00.000000Z')
  })

  test('a session that is over is forgotten when nothing older can revive it', () => {
    const memory = new AlertingState()
    inShort(
      [tick(0), session('active', 1, { dueMinutes: 60 }), session('completed', 30), tick(31)],
      memory,
    )
    assert.equal(memory.count('session', 'demo'), 1)
    inShort([tick(60 + 90 + 26 * hour)], memory)
    assert.equal(memory.count('session', 'demo'), 0)
  })

  test('a crowd that is due at one tick is told in parts, the longest due first, and nobody is lost', () => {
    const memory = new AlertingState()
    const crowd: AlertSignal[] = [tick(0)]
    for (let n = 0; n < 12_000; n++) {
      crowd.push(
        session('checkout_started', n < 6000 ? 2 : 1, { id: `S${n}`, tenant: `t${n % 3}` }),
      )
    }
    feedAll(crowd, memory)
    const told = [500, 501, 502, 503].map(at => feedAll([tick(at)], memory))
    assert.deepEqual(
      told.map(alerts => alerts.length),
      [5000, 5000, 2000, 0],
    )
    const subjects = told.flat().map(({ subject }) => subject?.id ?? '')
    assert.equal(new Set(subjects).size, 12_000)
    assert.ok(subjects.slice(0, 5000).every(id => Number(id.slice(1)) >= 6000))
  })
})
