import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { Alert, AlertSignal } from '@fleet/contracts'

import { AlertingState } from '../../src/alerting-state.ts'
import { eventSignal, minute, noonMicros, tick } from '../build-signal.ts'
import { defaults, defaultsText, feedAll, settingsOf } from '../feed.ts'

function inShort(alerts: readonly Alert[], detector: string): string[] {
  return alerts
    .filter(alert => alert.detector === detector)
    .map(
      ({ status, observed, event_time: at }) =>
        `${status} ${observed} @${(at - noonMicros) / minute}`,
    )
}

function failures(minutes: readonly number[], id = 'V1', type = 'vehicle.command_failed') {
  return minutes.map((at, index) =>
    eventSignal(type, at, { id, eventId: `${type}-${id}-${index}-${at}` }),
  )
}

function ticks(from: number, to: number, step = 5): AlertSignal[] {
  const all: AlertSignal[] = []
  for (let at = from; at <= to; at += step) all.push(tick(at))
  return all
}

describe('command-failures', () => {
  const rows: [string, AlertSignal[], string[]][] = [
    [
      'five of one vehicle within an hour open',
      [...failures([1, 9, 20, 33, 50]), tick(55)],
      ['OPEN 5 @55'],
    ],
    ['four do not', [...failures([1, 2, 3, 4]), tick(5)], []],
    [
      'five spread over two hours do not',
      [...failures([0, 25, 50, 75, 100]), ...ticks(0, 120)],
      [],
    ],
    [
      'five of two vehicles do not',
      [...failures([1, 2, 3], 'V1'), ...failures([1, 2], 'V2'), tick(5)],
      [],
    ],
    [
      'failed signals and failed commands count together',
      [...failures([1, 2]), ...failures([1, 2, 3], 'V1', 'vehicle.signal_failed'), tick(5)],
      ['OPEN 5 @5'],
    ],
    [
      'an event that names its vehicle counts for it',
      [
        ...failures([1, 2, 3, 4]),
        eventSignal('vehicle.command_failed', 4, {
          id: 'S9',
          resourceType: 'rental_session',
          vehicleId: 'V1',
        }),
        tick(5),
      ],
      ['OPEN 5 @5'],
    ],
    [
      'an update only when it has doubled',
      [
        ...failures([1, 2, 3, 4, 5]),
        tick(6),
        ...failures([6, 7], 'V1'),
        tick(8),
        ...failures([8, 8, 8]),
        tick(9),
      ],
      ['OPEN 5 @6', 'UPDATED 10 @9'],
    ],
    [
      'resolved when it has been calm for half an hour, not at the first quiet tick',
      [...failures([1, 2, 3, 4, 5]), ...ticks(6, 140)],
      ['OPEN 5 @6', 'RESOLVED 0 @91'],
    ],
    [
      'a count that goes up and down around the threshold does not flap',
      [
        ...failures([1, 2, 3, 4, 5]),
        ...[10, 30, 50, 70, 90, 110].flatMap(at => [
          ...failures([at, at + 1]),
          ...ticks(at + 2, at + 18),
        ]),
      ],
      ['OPEN 7 @12'],
    ],
    [
      'what happened three hours before the tick is not counted',
      [tick(300), ...failures([1, 2, 3, 4, 5]), tick(301)],
      [],
    ],
  ]
  for (const [what, signals, alerts] of rows) {
    test(what, () => assert.deepEqual(inShort(feedAll(signals), 'command-failures'), alerts))
  }

  test('says which vehicle, which events, which versions', () => {
    const [alert] = feedAll([...failures([1, 2, 3, 4, 5]), tick(6)])
    assert.equal(alert?.dedup_key, 'command-failures:demo:vehicle/V1')
    assert.deepEqual(alert.subject, { type: 'vehicle', id: 'V1' })
    assert.equal(alert.event_ids.length, 5)
    assert.equal(alert.severity, 'error')
    const {
      detector_version: detector,
      settings_version: settings,
      window_minutes: window,
    } = alert.details
    assert.deepEqual([detector, settings, window], ['1', defaults.version, '60'])
  })

  test('what is switched off never opens, and ends what was open', () => {
    const off = settingsOf(
      JSON.parse(defaultsText.replace('"enabled": true', '"enabled": false')) as unknown,
    )
    const five = [...failures([1, 2, 3, 4, 5]), tick(6)]
    assert.deepEqual(feedAll([...five, ...ticks(7, 100)], new AlertingState(), off), [])
    const memory = new AlertingState()
    feedAll(five, memory)
    assert.deepEqual(inShort(feedAll(ticks(7, 100), memory, off), 'command-failures'), [
      'RESOLVED 5 @37',
    ])
  })

  test('a vehicle is forgotten three hours after its last failure', () => {
    const memory = new AlertingState()
    feedAll([...failures([1]), ...ticks(2, 186)], memory)
    assert.deepEqual([...memory.entries('rate'), ...memory.entries('seen')], [])
  })
})

const hour = 60
const day = 24 * hour
const week = 7 * day

/** Disputes at these hours of each day, `perHour` of them, for so many weeks; ticks every ten minutes. */
function habit(weeks: number, busyHours: readonly number[], perHour: number): AlertSignal[] {
  const signals: AlertSignal[] = []
  for (let at = 0; at < weeks * week; at += 10) {
    const isBusy = busyHours.includes(Math.floor((at % day) / hour))
    if (isBusy && at % hour === 0) signals.push(...disputes(at, perHour))
    signals.push(tick(at + 10))
  }
  return signals
}

function disputes(at: number, count: number): AlertSignal[] {
  return Array.from({ length: count }, (_, index) =>
    eventSignal('violation.disputed', at + index / 100, { id: `D${at}-${index}` }),
  )
}

describe('dispute-volume', () => {
  const learned = habit(3, [10, 11, 12], 20)
  const after = 3 * week

  function outcome(atHour: number, count: number): string[] {
    const from = after + atHour * hour
    const quiet = ticks(after + 10, from, 10)
    const signals = [...learned, ...quiet, ...disputes(from + 1, count), tick(from + 10)]
    return inShort(feedAll(signals), 'dispute-volume').map(text => text.split(' ')[0] ?? '')
  }

  test('what is usual at that hour of the week is no alert', () =>
    assert.deepEqual(outcome(11, 20), []))
  test('the same number at a quiet hour is one', () => assert.deepEqual(outcome(3, 20), ['OPEN']))
  test('several times the usual is one', () => assert.deepEqual(outcome(11, 120), ['OPEN']))
  test('less than the minimum is none, however unusual', () => assert.deepEqual(outcome(3, 9), []))

  test('before two weeks are known nothing is unusual', () => {
    const signals = [...habit(1, [10], 20), ...disputes(week + 1, 200), tick(week + 10)]
    assert.deepEqual(inShort(feedAll(signals), 'dispute-volume'), [])
  })

  test('a flood does not become usual', () => {
    const flooded = [
      ...learned,
      ...disputes(after + 1, 500),
      ...ticks(after + 10, after + 5 * hour, 10),
    ]
    const memory = new AlertingState()
    feedAll(flooded, memory)
    const means = [...memory.entries('usual')].flatMap(([, fact]) => fact.means)
    assert.ok(Math.max(...means) <= 21, String(Math.max(...means)))
  })

  test('time without ticks is neither learned nor judged', () => {
    const memory = new AlertingState()
    feedAll(
      [...learned, tick(after + 10), tick(after + 2 * day), tick(after + 2 * day + 120)],
      memory,
    )
    const weeks = [...memory.entries('usual')].flatMap(([, fact]) => fact.weeks)
    assert.ok(Math.max(...weeks) <= 3)
  })

  test('a tenant that is heard of no more is forgotten', () => {
    const memory = new AlertingState()
    feedAll([...learned, ...ticks(after + 10, after + 36 * day, 60)], memory)
    assert.deepEqual([...memory.entries('rate'), ...memory.entries('usual')], [])
  })
})
