// When the clock of a task counts: after what stood in its inputs, and not only when they are quiet.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { FirstCatchUp } from '../src/first-catch-up.ts'

interface Look {
  /** Where the chunk before it ended, by input. */
  readonly positions: Readonly<Record<string, number>>
  readonly lags: Readonly<Record<string, number | null>>
}

function looks(all: readonly Look[]): boolean[] {
  const catchUp = new FirstCatchUp()
  return all.map(({ positions, lags }) => {
    catchUp.moveTo(
      Object.entries(positions).map(([topic, offset]) => ({ topic, partition: 0, offset })),
    )
    return catchUp.isDone({
      lag: () => Object.entries(lags).map(([topic, lag]) => ({ topic, partition: 0, lag })),
    })
  })
}

const cases: readonly [rule: string, all: readonly Look[], done: readonly boolean[]][] = [
  [
    'before the broker has answered nothing is known',
    [
      { positions: {}, lags: { a: null } },
      { positions: { a: -1 }, lags: { a: null } },
      { positions: { a: 0 }, lags: { a: 0 } },
    ],
    [false, false, true],
  ],
  [
    'each input counts for itself',
    [
      { positions: {}, lags: { a: 0, b: 5 } },
      { positions: { a: 0, b: 3 }, lags: { a: 4, b: 2 } },
      { positions: { a: 2, b: 5 }, lags: { a: 2, b: 0 } },
    ],
    [false, false, true],
  ],
  [
    'an input that never gets quiet is caught up where its end was, at most a chunk later',
    [
      { positions: { a: 0 }, lags: { a: 10 } },
      { positions: { a: 5 }, lags: { a: 10 } },
      { positions: { a: 10 }, lags: { a: 10 } },
      { positions: { a: 14 }, lags: { a: 10 } },
      { positions: { a: 15 }, lags: { a: 10 } },
    ],
    [false, false, false, false, true],
  ],
  [
    'what comes later changes nothing',
    [
      { positions: { a: 1 }, lags: { a: 0 } },
      { positions: { a: 1 }, lags: { a: 100 } },
      { positions: { a: 1 }, lags: { a: null } },
    ],
    [true, true, true],
  ],
]

for (const [rule, all, done] of cases) {
  test(rule, () => assert.deepEqual(looks(all), done))
}

test('without a stream nothing is caught up', () => {
  assert.equal(new FirstCatchUp().isDone(null), false)
})
