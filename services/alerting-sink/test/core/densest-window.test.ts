import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import fc from 'fast-check'

import { densestWindow } from '../../src/core/densest-window.ts'
import { judgeNoShows } from '../../src/core/detect-no-show-spike.ts'
import { limitsPerTenant } from '../../src/core/memory.ts'
import type { Entry, Memory, NoShowFact } from '../../src/core/memory.ts'
import { minute, noonMicros } from '../build-signal.ts'

describe('the densest window', () => {
  const rows: [string, number[], number, number[]][] = [
    ['of nothing is nothing', [], 10, []],
    ['of one is that one', [5], 10, [5]],
    ['does not hold its own start', [0, 10], 10, [10]],
    ['holds what is just within', [1, 10], 10, [1, 10]],
    ['is the one with the most', [0, 1, 2, 30, 31], 10, [0, 1, 2]],
    ['of equal ones is the newest', [0, 1, 30, 31], 10, [30, 31]],
    ['takes all of one time', [7, 7, 7], 10, [7, 7, 7]],
  ]
  for (const [what, times, width, found] of rows) {
    test(what, () => {
      const { from, to } = densestWindow(times.length, position => times[position] ?? NaN, width)
      assert.deepEqual(times.slice(from, to), found)
    })
  }

  test('is as large as the largest that counting every window finds', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60), { maxLength: 30 }), unordered => {
        const times = unordered.toSorted((a, b) => a - b)
        const counts = times.map(t => times.filter(at => at > t - 15 && at <= t).length)
        const { from, to } = densestWindow(times.length, position => times[position] ?? NaN, 15)
        assert.equal(to - from, Math.max(0, ...counts))
      }),
    )
  })
})

describe('as many no-shows as are remembered of a tenant cost steps in proportion', () => {
  const shapes: [string, (position: number) => number][] = [
    ['all within one window', position => position],
    ['spread evenly over an hour', position => position * 180_000],
    ['all at one time', () => 0],
  ]
  for (const [what, timeAt] of shapes) {
    test(what, () => {
      let looks = 0
      const count = limitsPerTenant['no-show']
      const span = densestWindow(
        count,
        position => {
          looks++
          return timeAt(position)
        },
        15 * minute,
      )
      assert.ok(span.to > span.from)
      assert.ok(looks <= 3 * count, String(looks))

      const reads = readsAtOneTick(count, position => noonMicros + timeAt(position))
      assert.ok(reads <= 16 * count, String(reads))
    })
  }
})

/** How often the detector looks at the time of any no-show when it judges them all. */
function readsAtOneTick(count: number, timeAt: (position: number) => number): number {
  let reads = 0
  const noShows = Array.from({ length: count }, (_, position): Entry<'no-show'> => {
    const fact: NoShowFact = {
      kind: 'no_show',
      tenantId: 'demo',
      eventId: `e${position}`,
      get effectiveAt() {
        reads++
        return timeAt(position)
      },
      arrivedAfter: 0,
    }
    return [`no-show/demo/reservation/${String(position).padStart(6, '0')}/e`, fact]
  })
  const memory: Memory = {
    get: () => undefined,
    entries: <Kind extends string>(kind: Kind) =>
      (kind === 'no-show' ? noShows : []) as unknown as Iterable<never>,
    count: () => count,
    due: () => [],
  }
  const { alerts } = judgeNoShows(memory, noonMicros + 59 * minute)
  assert.equal(alerts.length, 1)
  return reads
}
