import assert from 'node:assert/strict'
import { test } from 'node:test'

import { toPath } from '../../src/paths.ts'
import { endpointOf } from '../endpoint-of.ts'
import { normalizationsOf } from './deliver.ts'

const complete = { event_id: 'e', event_type: 'x.y', resource_id: 'r', resource_type: 't' }

/** Of an endpoint whose events tell their time in this member. */
function fingerprints(member: string): number[] {
  const endpoint = endpointOf({ id: member, paths: { occurred_at: `$.${member}` } })
  return [1_795_248_000, 1_795_248_001].map(time => {
    const [normalization] = normalizationsOf(endpoint, { ...complete, [member]: time })
    assert.ok(normalization?.ok === true)
    return normalization.event.fingerprint
  })
}

// Paths are kept up to a number; beyond it each is made anew, and nothing may depend on which it is.
test('an event has the same fingerprint however many paths a process has met', () => {
  const before = fingerprints('when')
  for (let i = 0; i < 10_000; i++) toPath(`$.p${i}`)
  assert.deepEqual(fingerprints('moment'), before)
  assert.notEqual(before[0], before[1])
})
