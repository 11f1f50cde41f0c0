import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { topics } from '@fleet/contracts'
import type { JournalEntry, LedgerControl } from '@fleet/contracts'
import { driveStage } from '@fleet/stage'

import { readCharts } from '../../src/charts-file.ts'
import { parseCharts } from '../../src/core/parse-charts.ts'
import type { Charts } from '../../src/core/chart.ts'
import { accountingSink } from '../../src/index.ts'
import { buildEvent, chartOne, ownCharts, sha256Hex } from '../build-event.ts'

const timestampMs = Date.UTC(2026, 10, 20)

function start(charts: Charts = ownCharts) {
  const task = driveStage(accountingSink({ charts, memoryDays: 400 }))
  let events = 0
  return {
    task,
    /** What became of it: `ok` or the code of the refusal. */
    control(given: Partial<LedgerControl>, offset?: number): string {
      const value: LedgerControl = {
        control_id: 'c1',
        kind: 'CLOSE_PERIOD',
        tenant_id: 'demo',
        period: null,
        chart_version: null,
        reason: null,
        requested_by: null,
        requested_at: 0,
        ...given,
      }
      const place = offset === undefined ? {} : { offset }
      const record = { key: 'demo', value, timestampMs, ...place }
      const decision = task.pipe(topics.ledgerControl, record)
      return decision.refusal?.code ?? 'ok'
    },
    charge(month: string, tenant = 'demo'): JournalEntry {
      const effective_at = Date.parse(`${month}-15T00:00:00Z`) * 1000
      const given = { event_id: `e${events++}`, tenant_id: tenant, effective_at }
      const { event } = buildEvent('billing.charge_succeeded', given)
      const key = `${tenant}/charge/R1`
      task.pipe(topics.events.billing, { key, value: event, timestampMs })
      return task.outputs(topics.accounting).at(-1)?.value as JournalEntry
    },
  }
}

describe('closing a period', () => {
  test('later entries post to the first open month and keep their own', () => {
    const { control, charge, task } = start()
    assert.equal(charge('2026-08').posted_period, '2026-08')
    assert.equal(control({ period: '2026-09' }), 'ok')
    task.restart()
    for (const [month, posted] of [
      ['2025-12', '2026-10'],
      ['2026-09', '2026-10'],
      ['2026-10', '2026-10'],
      ['2026-11', '2026-11'],
    ] as const) {
      const entry = charge(month)
      assert.deepEqual([entry.period, entry.posted_period], [month, posted])
    }
  })

  test('december is followed by january', () => {
    const { control, charge } = start()
    control({ period: '2025-12' })
    assert.equal(charge('2025-12').posted_period, '2026-01')
  })

  test('is of one tenant', () => {
    const { control, charge } = start()
    control({ period: '2026-09' })
    assert.equal(charge('2026-08', 'other').posted_period, '2026-08')
  })

  test('what is closed stays closed: an earlier month changes nothing', () => {
    const { control, charge } = start()
    control({ period: '2026-09' })
    assert.equal(control({ period: '2026-03' }), 'ok')
    assert.equal(charge('2026-05').posted_period, '2026-10')
  })

  const refused: [string, Partial<LedgerControl>][] = [
    ['a month that is not over', { period: '2026-11' }],
    ['a month to come', { period: '2027-01' }],
    ['what is no month', { period: '2026-13' }],
    ['no month', { period: null }],
    ['no tenant', { period: '2026-09', tenant_id: null }],
    ['an unknown instruction', { kind: 'OPEN_PERIOD', period: '2026-09' }],
    ['a chart that is not in the file', { kind: 'USE_CHART', chart_version: '7' }],
  ]
  for (const [what, given] of refused) {
    test(`${what}: BAD_CONTROL, and nothing is closed`, () => {
      const { control, charge } = start()
      assert.equal(control(given), 'BAD_CONTROL')
      assert.equal(charge('2026-08').posted_period, '2026-08')
      assert.equal(charge('2026-08').chart_version, '1')
    })
  }
})

describe('the chart in use', () => {
  const two: Charts = {
    initialVersion: '1',
    byVersion: new Map([
      ['1', chartOne],
      ['2', { ...chartOne, version: '2', digest: 'other' }],
    ]),
  }

  test('is the one that it began with until it is switched, and every entry names it', () => {
    const { control, charge, task } = start(two)
    assert.equal(charge('2026-10').chart_version, '1')
    assert.equal(control({ kind: 'USE_CHART', chart_version: '2', tenant_id: null }), 'ok')
    assert.equal(charge('2026-10').chart_version, '2')
    task.restart()
    assert.equal(charge('2026-10').chart_version, '2')
  })

  test('must not change under its version', () => {
    const first = start()
    first.charge('2026-10')
    const changed: Charts = {
      initialVersion: '1',
      byVersion: new Map([['1', { ...chartOne, digest: 'changed' }]]),
    }
    const second = start(changed)
    for (const { key, value } of first.task.changelog()) second.task.state.restore(key, value)
    assert.throws(() => second.charge('2026-10'), /chart 1 has entries and was changed/)
  })

  const fileWith = (digestOfOne: string): Charts => ({
    initialVersion: '1',
    byVersion: new Map([
      ['1', { ...chartOne, digest: digestOfOne }],
      ['2', { ...chartOne, version: '2', digest: 'other' }],
    ]),
  })

  function restarted(before: ReturnType<typeof start>, charts: Charts) {
    const after = start(charts)
    for (const { key, value } of before.task.changelog()) after.task.state.restore(key, value)
    return after
  }

  test('that was changed is not made right by switching to it', () => {
    const first = start(fileWith('one'))
    first.charge('2026-10')
    const second = restarted(first, fileWith('changed'))
    assert.equal(second.control({ kind: 'USE_CHART', chart_version: '1' }), 'BAD_CONTROL')
    assert.throws(() => second.charge('2026-10'), /chart 1 has entries and was changed/)
  })

  test('is kept for good: a version used long ago can not come back as another', () => {
    const first = start(fileWith('one'))
    first.charge('2026-10')
    assert.equal(first.control({ kind: 'USE_CHART', chart_version: '2' }), 'ok')
    const second = restarted(first, fileWith('changed'))
    assert.equal(second.control({ kind: 'USE_CHART', chart_version: '1' }), 'BAD_CONTROL')
    assert.equal(second.charge('2026-10', 'other').chart_version, '2')
    const third = restarted(first, fileWith('one'))
    assert.equal(third.control({ kind: 'USE_CHART', chart_version: '1' }), 'ok')
    assert.equal(third.charge('2026-10', 'third').chart_version, '1')
  })

  test('is known from a memory from before digests were kept', () => {
    const before = () => {
      const task = start(fileWith('one'))
      const value = Buffer.from(JSON.stringify({ version: '1', digest: 'one' }))
      task.task.state.restore('chart', value)
      return task
    }
    const switched = before()
    assert.equal(switched.control({ kind: 'USE_CHART', chart_version: '2' }), 'ok')
    const booked = before()
    booked.charge('2026-10')
    for (const one of [switched, booked, before()]) {
      const value = Buffer.from(JSON.stringify({ version: '1', digest: 'one' }))
      const after = start(fileWith('changed'))
      after.task.state.restore('chart', value)
      for (const { key, value: kept } of one.task.changelog()) after.task.state.restore(key, kept)
      assert.equal(after.control({ kind: 'USE_CHART', chart_version: '1' }), 'BAD_CONTROL')
    }
  })

  test('is that of the newest instruction, also when an older one is replayed after it', () => {
    const { control, charge, task } = start(two)
    assert.equal(control({ kind: 'USE_CHART', chart_version: '2' }, 5), 'ok')
    assert.equal(control({ kind: 'USE_CHART', chart_version: '1' }, 7), 'ok')
    assert.equal(charge('2026-10').chart_version, '1')
    task.restart()
    assert.equal(control({ kind: 'USE_CHART', chart_version: '2' }, 5), 'ok')
    assert.equal(charge('2026-10').chart_version, '1')
    assert.equal(control({ kind: 'USE_CHART', chart_version: '2' }, 8), 'ok')
    assert.equal(charge('2026-10').chart_version, '2')
  })

  test('must not be taken out of the file', () => {
    const first = start()
    first.charge('2026-10')
    const second = start({ initialVersion: '2', byVersion: new Map([['2', chartOne]]) })
    for (const { key, value } of first.task.changelog()) second.task.state.restore(key, value)
    assert.throws(() => second.charge('2026-10'), /chart 1 is in use and not in the charts file/)
  })

  test('its digest is of what it says, not of white space', () => {
    const digestOf = (text: string): string | undefined => {
      const reading = parseCharts(text, sha256Hex)
      assert.ok(reading.ok)
      return reading.charts.byVersion.get('1')?.digest
    }
    const json = (indent?: number): string =>
      JSON.stringify(
        {
          format: 1,
          initial_version: '1',
          charts: [
            {
              version: '1',
              accounts: [
                { code: 'a', type: 'asset', title: 'A' },
                { code: 'b', type: 'revenue', title: 'B' },
              ],
              rules: [
                {
                  event_type: 'billing.refund_processed',
                  category: 'fixed',
                  without_amount: 'await',
                  negative: 'refuse',
                  postings: [{ category: 'refund', debit: 'b', credit: 'a' }],
                },
              ],
            },
          ],
        },
        null,
        indent,
      )
    assert.equal(digestOf(json()), digestOf(json(4)))
  })
})

describe('the charts file', () => {
  test('that is not there names its setting', () => {
    assert.throws(
      () => readCharts('/nowhere/charts.json'),
      /FLEET_LEDGER_CHARTS_FILE can't be read/,
    )
  })
})
