import assert from 'node:assert/strict'
import { test } from 'node:test'
import { restartPauseMs } from '../../src/workers/restart-pause.ts'

const cases = [
  { what: 'the first death', previousMs: 0, ranMs: 10, pauseMs: 100 },
  { what: 'a death soon after the last one', previousMs: 100, ranMs: 10, pauseMs: 200 },
  { what: 'one of many', previousMs: 12_000, ranMs: 29_999, pauseMs: 15_000 },
  { what: 'a death after a good run', previousMs: 15_000, ranMs: 30_000, pauseMs: 100 },
]
for (const { what, previousMs, ranMs, pauseMs } of cases) {
  test(`${what} is followed by a pause of ${pauseMs} ms`, () => {
    assert.equal(restartPauseMs(previousMs, ranMs), pauseMs)
  })
}
