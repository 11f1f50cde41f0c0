import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { AlertSignal } from '@fleet/contracts'

import { AlertingState } from '../../src/alerting-state.ts'
import { activity, minute, noonMicros, tick } from '../build-signal.ts'
import { feedAll } from '../feed.ts'

const hour = 60
const day = 24 * hour
const week = 7 * day

/** By day the source is heard every third minute, at night every half hour. */
function isHeard(at: number): boolean {
  const isDay = at % day >= 6 * hour && at % day < 20 * hour
  return at % (isDay ? 3 : 30) === 0
}

function span(
  from: number,
  to: number,
  isSilent: (at: number) => boolean = () => false,
): AlertSignal[] {
  const signals: AlertSignal[] = []
  for (let at = from; at < to; at++) {
    if (isHeard(at) && !isSilent(at)) signals.push(activity('app', at))
    if (at % 5 === 4) signals.push(tick(at + 1))
  }
  return signals
}

const learned = new AlertingState()
const history = span(0, 3 * week)
assert.deepEqual(feedAll(history, learned), [])

function copied(): AlertingState {
  const memory = new AlertingState()
  for (const kind of ['last-tick', 'usual', 'source'] as const) {
    for (const [key, value] of learned.entries(kind)) memory.stage({ key, value })
  }
  memory.commit()
  return memory
}

const begin = 3 * week

function inShort(from: number, to: number, silentFrom: number, silentTo: number): string[] {
  const signals = span(from, to, at => at >= silentFrom && at < silentTo)
  return feedAll(signals, copied()).map(({ status, event_time: at }) => {
    return `${status} @${((at - noonMicros) / minute - begin) / hour}h`
  })
}

describe('silent-source', () => {
  test('silent for hours by day: open while it lasts, over when it is heard again', () => {
    const alerts = inShort(begin, begin + day, begin + 8 * hour, begin + 13 * hour)
    assert.equal(alerts.length, 2)
    const opened = Number(/OPEN @([\d.]+)h/.exec(alerts[0] ?? '')?.[1])
    assert.ok(opened > 8.25 && opened < 11, alerts.join())
    const resolved = Number(/RESOLVED @([\d.]+)h/.exec(alerts[1] ?? '')?.[1])
    assert.ok(resolved > 13 && resolved <= 13.25, alerts.join())
  })

  test('the same silence at night is none', () => {
    assert.deepEqual(inShort(begin, begin + day, begin + 1 * hour, begin + 5 * hour), [])
  })

  test('a source of which too little is known is not missed', () => {
    assert.deepEqual(feedAll([...span(0, week), ...span(week, week + day, () => true)]), [])
  })

  test('time without ticks is not silence', () => {
    const memory = copied()
    const gap = [tick(begin + 12 * hour), tick(begin + 12 * hour + 5)]
    assert.deepEqual(feedAll([...span(begin, begin + hour), ...gap], memory), [])
  })

  test('one stray sign of life does not end the alert', () => {
    const memory = copied()
    const silence = span(begin, begin + 14 * hour, at => at >= begin + 8 * hour)
    const statuses = feedAll(
      [...silence, activity('app', begin + 14 * hour), tick(begin + 14 * hour + 5)],
      memory,
    )
    assert.deepEqual([...new Set(statuses.map(({ status }) => status))].slice(0, 1), ['OPEN'])
    assert.ok(statuses.every(({ status }) => status !== 'RESOLVED'))
  })

  test('given up after a week, and not learned as usual meanwhile', () => {
    const memory = copied()
    const before = [...memory.entries('usual')].flatMap(([, fact]) => fact.means)
    const alerts = feedAll(
      span(begin, begin + 9 * day, at => at >= begin + 8 * hour),
      memory,
    )
    assert.deepEqual(
      alerts.filter(({ status }) => status !== 'UPDATED').map(({ status }) => status),
      ['OPEN', 'RESOLVED'],
    )
    assert.equal(alerts.at(-1)?.details['resolution'], 'given_up')
    const after = [...memory.entries('usual')].flatMap(([, fact]) => fact.means)
    assert.ok(Math.max(...after) >= Math.max(...before) - 1)
  })

  test('names the source and counts minutes of silence', () => {
    const [alert] = feedAll(
      span(begin, begin + 12 * hour, at => at >= begin + 8 * hour),
      copied(),
    )
    assert.equal(alert?.dedup_key, 'silent-source:demo:app')
    assert.equal(alert.severity, 'critical')
    assert.equal(alert.details['source'], 'app')
    assert.match(alert.summary, /^nothing from source app of tenant demo for \d+ minutes$/)
    assert.ok(alert.observed >= alert.threshold)
  })
})
