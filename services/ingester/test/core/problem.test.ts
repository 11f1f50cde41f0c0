import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemCodes, problemOf } from '../../src/core/problem.ts'

const statuses = {
  malformed_request: 400,
  unauthorized: 401,
  no_route: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  body_too_large: 413,
  unsupported_encoding: 415,
  rate_limited: 429,
  unavailable: 503,
}

test('the codes and statuses are those senders were told', () => {
  const table = Object.fromEntries(problemCodes.map(code => [code, problemOf(code).status]))
  assert.deepEqual(table, statuses)
})

test('a problem names its type after its code and says what is wrong', () => {
  for (const code of problemCodes) {
    const { type, title, detail, ...rest } = problemOf(code)
    assert.equal(type, `urn:fleet:problem:${code}`)
    assert.ok(title.length > 0 && detail.endsWith('.'))
    assert.deepEqual(rest, { status: statuses[code], code })
  }
})
