import assert from 'node:assert/strict'
import { test } from 'node:test'

import { failuresIn } from './tap-failures.ts'

const report = `TAP version 13
ok 1 - fine
  ---
  duration_ms: 0.5
  ...
not ok 2 - wrong
  ---
  duration_ms: 2.5
  location: 'a.test.ts:1:2'
  failureType: 'testCodeFailure'
  error: |-
    first line
    second line
  code: 'ERR_ASSERTION'
  ...
# Subtest: outer
    not ok 1 - inner
      ---
      failureType: 'testCodeFailure'
      error: 'boom'
      ...
not ok 3 - outer
  ---
  failureType: 'subtestsFailed'
  error: '1 subtest failed'
  ...
not ok 4 - later # SKIP no engine here
`

test('each failed test is named once with its place and reason, the inner one of a nest', () => {
  assert.deepEqual(failuresIn(report), [
    "wrong\n  location: 'a.test.ts:1:2'\n  error: |-\n    first line\n    second line",
    "inner\n  error: 'boom'",
  ])
})

test('a report without failures gives none', () => {
  assert.deepEqual(failuresIn('TAP version 13\nok 1 - fine\n'), [])
})
