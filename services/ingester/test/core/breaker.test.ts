import assert from 'node:assert/strict'
import { test } from 'node:test'
import { afterFailure, closedBreaker, tryBreaker } from '../../src/core/breaker.ts'

test('it opens after five failures in a row and lets one probe a second through', () => {
  let breaker = closedBreaker
  for (let i = 0; i < 5; i++) {
    assert.equal(tryBreaker(breaker, 0).allowed, true)
    breaker = afterFailure(breaker, 0)
  }
  assert.equal(tryBreaker(breaker, 999).allowed, false)
  const probe = tryBreaker(breaker, 1000)
  assert.equal(probe.allowed, true)
  assert.equal(tryBreaker(probe.breaker, 1001).allowed, false)
  assert.equal(tryBreaker(afterFailure(probe.breaker, 1500), 2000).allowed, false)
  assert.equal(tryBreaker(afterFailure(probe.breaker, 1500), 2500).allowed, true)
})
