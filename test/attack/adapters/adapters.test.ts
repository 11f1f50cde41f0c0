// The short form of `main.ts`: a few thousand inputs, always others; a failure names its seed and path.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { targets } from './targets.ts'

/** Few enough for every run of the tests, many enough to see each kind of answer. */
const runsEach = 400

for (const { name, expected, property } of targets) {
  test(`${name}: any bytes give one of its answers, the same again, and never an exception`, () => {
    const seen = new Set<string>()
    fc.assert(property({ begin: () => {}, count: kind => void seen.add(kind) }), {
      numRuns: runsEach,
      includeErrorInReport: true,
    })
    assert.ok(expected.some(kind => seen.has(kind)))
  })
}
