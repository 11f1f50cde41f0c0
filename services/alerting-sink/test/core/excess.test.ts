import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { AlertSignal } from '@fleet/contracts'

import { AlertingState } from '../../src/alerting-state.ts'
import { detect } from '../../src/core/detect.ts'
import { limitsPerTenant } from '../../src/core/memory.ts'
import { covered, excess, minute, noonMicros, tick } from '../build-signal.ts'
import { defaults, defaultsText, feedAll, settingsOf } from '../feed.ts'

function inShort(signals: readonly AlertSignal[], settings = defaults): string[] {
  return feedAll(signals, new AlertingState(), settings).map(alert => {
    const { status, event_time: at, observed, details, dedup_key: key } = alert
    const why = details['resolution'] === undefined ? '' : ` (${details['resolution']})`
    const what = key.replace('refund-excess:demo:charge/', '')
    return `${what} ${status} ${observed} @${(at - noonMicros) / minute}${why}`
  })
}

const hour = 60
const week = 168 * hour

const rows: readonly [string, AlertSignal[], string[]][] = [
  [
    'opens once, two minutes of ticks after it came',
    [tick(0), excess(1, 30), tick(1), tick(2), tick(3), tick(60)],
    ['C1/EUR OPEN 30 @2'],
  ],
  [
    'opens two minutes after the first tick of all, if it came before that',
    [excess(1, 30), tick(10), tick(11), tick(12), tick(13)],
    ['C1/EUR OPEN 30 @12'],
  ],
  [
    'that is covered within these two minutes is none',
    [tick(0), excess(1, 30), tick(1), covered(2, 0), tick(2), tick(9)],
    [],
  ],
  [
    'is told again when it grows, together with what came before the same tick',
    [tick(0), excess(1, 30), tick(2), excess(2, 35), excess(3, 45), tick(3), tick(4)],
    ['C1/EUR OPEN 30 @2', 'C1/EUR UPDATED 45 @3'],
  ],
  [
    'is resolved after ten minutes of ticks in which it was covered',
    [tick(0), excess(1, 30), tick(2), covered(2, 0), tick(3), tick(11), tick(12), tick(13)],
    ['C1/EUR OPEN 30 @2', 'C1/EUR RESOLVED 0 @12 (covered)'],
  ],
  [
    'that is covered and comes back within these is one alert',
    [tick(0), excess(1, 30), tick(2), covered(2, 0), tick(5), excess(3, 20), tick(40)],
    ['C1/EUR OPEN 30 @2'],
  ],
  [
    'that is covered in part stays open',
    [tick(0), excess(1, 30), tick(2), covered(2, 10), tick(40), excess(3, 15), tick(41)],
    ['C1/EUR OPEN 30 @2', 'C1/EUR UPDATED 15 @41'],
  ],
  [
    'that comes after the last one was resolved opens anew',
    [tick(0), excess(1, 30), tick(2), covered(2, 0), tick(12), tick(20), excess(3, 5), tick(30)],
    ['C1/EUR OPEN 30 @2', 'C1/EUR RESOLVED 0 @12 (covered)', 'C1/EUR OPEN 5 @30'],
  ],
  [
    'is given up after a week, and does not open again when part of it is covered',
    [tick(0), excess(1, 30), tick(2), tick(week), tick(week + 2), covered(2, 9), tick(week + 9)],
    ['C1/EUR OPEN 30 @2', `C1/EUR RESOLVED 30 @${week + 2} (given_up)`],
  ],
  [
    'that was given up opens again when it grows',
    [tick(0), excess(1, 30), tick(2), tick(week + 2), excess(2, 31), tick(week + 9)],
    [
      'C1/EUR OPEN 30 @2',
      `C1/EUR RESOLVED 30 @${week + 2} (given_up)`,
      `C1/EUR OPEN 31 @${week + 9}`,
    ],
  ],
  [
    'that comes again, or after what is newer, says nothing',
    [
      tick(0),
      excess(2, 30),
      tick(2),
      excess(2, 30),
      excess(1, 90),
      tick(3),
      covered(3, 0),
      tick(20),
      excess(1, 90),
      tick(40),
    ],
    ['C1/EUR OPEN 30 @2', 'C1/EUR RESOLVED 0 @20 (covered)'],
  ],
  [
    'is one alert for each resource and each currency',
    [
      tick(0),
      excess(1, 30),
      excess(2, 4, { currency: 'USD' }),
      excess(3, 5, { id: 'C2' }),
      tick(2),
    ],
    ['C1/EUR OPEN 30 @2', 'C1/USD OPEN 4 @2', 'C2/EUR OPEN 5 @2'],
  ],
  ['that is said to be covered and was never told is none', [tick(0), covered(1, 0), tick(60)], []],
]

describe('refunds beyond their charge: what', () => {
  for (const [what, signals, alerts] of rows) {
    test(what, () => assert.deepEqual(inShort(signals), alerts))
  }

  test('is switched off never opens, and ends what was open', () => {
    const content = JSON.parse(defaultsText) as { detectors: Record<string, object> }
    content.detectors['refund-excess'] = { ...content.detectors['refund-excess'], enabled: false }
    const off = settingsOf(content)
    assert.deepEqual(inShort([tick(0), excess(1, 30), tick(60)], off), [])
    const memory = new AlertingState()
    feedAll([tick(0), excess(1, 30), tick(2)], memory)
    const [alert] = feedAll([tick(week + 2)], memory, off)
    assert.equal(alert?.details['resolution'], 'disabled')
  })

  test('the alert says: which charge, which entry, which events, which versions', () => {
    const [alert] = feedAll([tick(0), excess(1, 30), excess(2, 40), tick(2)])
    assert.ok(alert !== undefined)
    const { dedup_key, subject, component, severity, threshold, event_ids, details } = alert
    assert.deepEqual(
      { dedup_key, subject, component, severity, threshold, event_ids, details },
      {
        dedup_key: 'refund-excess:demo:charge/C1/EUR',
        subject: { type: 'charge', id: 'C1' },
        component: 'billing',
        severity: 'error',
        threshold: 0,
        event_ids: ['r1', 'r2'],
        details: {
          currency: 'EUR',
          entry_id: 'entry2',
          opened_at: '2026-05-04T10:02:00.000000Z',
          detector_version: '1',
          settings_version: defaults.version,
        },
      },
    )
  })

  test('is over is forgotten a day later', () => {
    const memory = new AlertingState()
    feedAll([tick(0), excess(1, 30), tick(2), covered(2, 0), tick(20)], memory)
    assert.equal(memory.count('excess', 'demo'), 1)
    feedAll([tick(24 * hour + 19)], memory)
    assert.equal(memory.count('excess', 'demo'), 1)
    feedAll([tick(24 * hour + 20)], memory)
    assert.equal(memory.count('excess', 'demo'), 0)
  })

  test('comes beyond the most of a tenant is not watched', () => {
    const memory = new AlertingState()
    feedAll([tick(0)], memory)
    const most = limitsPerTenant.excess
    for (let n = 0; n <= most; n++) {
      for (const change of detect(memory, excess(n + 1, 1, { id: `C${n}` }), defaults).changes) {
        memory.stage(change)
      }
    }
    memory.commit()
    assert.equal(memory.count('excess', 'demo'), most)
    assert.equal(memory.sizes()['tenant_excess_max'], most)
    // A tick judges a part of such a crowd, the next ones the rest.
    const told = [2, 3, 4, 5, 6].map(n => feedAll([tick(n)], memory).length)
    assert.deepEqual(told, [5000, 5000, 5000, 5000, 0])
  })
})
