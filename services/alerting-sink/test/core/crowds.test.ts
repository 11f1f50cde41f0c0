// More at one tick than a call takes arguments: alerting of a partition must not end with it.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { AlertingState } from '../../src/alerting-state.ts'
import { detect } from '../../src/core/detect.ts'
import type { Change } from '../../src/core/memory.ts'
import { eventSignal, noShow, tick } from '../build-signal.ts'
import { defaults } from '../feed.ts'

const manyTenants = 150_000

/** The facts of one signal, as many tenants have them: staging is what takes long. */
function crowdOf(signal: Parameters<typeof detect>[1]): AlertingState {
  const memory = new AlertingState()
  const facts = detect(memory, signal, defaults).changes
  for (let n = 0; n < manyTenants; n++) {
    for (const { key, value } of facts) memory.stage({ key: key.replace('demo', `t${n}`), value })
  }
  memory.commit()
  return memory
}

function changesAt(memory: AlertingState, minutes: number): readonly Change[] {
  const { changes } = detect(memory, tick(minutes), defaults)
  for (const change of changes) memory.stage(change)
  memory.commit()
  return changes
}

test('facts of any number are forgotten at one tick', () => {
  const memory = crowdOf(noShow('R1', 0))
  changesAt(memory, 24 * 60)
  assert.equal([...memory.entries('no-show')].length, 0)
})

test('sessions of any number may be due at one tick', () => {
  const memory = crowdOf(eventSignal('rental_session.checkout_started', 0))
  assert.equal(memory.sizes()['tenant_session'], 1)
  for (let minutes = 100; minutes < 103; minutes++) {
    assert.equal(
      changesAt(memory, minutes).filter(({ value }) => value?.kind === 'session').length,
      5000,
    )
  }
})
