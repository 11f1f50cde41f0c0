import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { StageName } from '@fleet/contracts'
import { systemClock, systemIds } from '@fleet/runtime'
import type { FoundLetter, LetterFilter } from '@fleet/dlq'

import { unwell, well } from '../../src/doctor/check.ts'
import { countOpen, deadLetterCheck } from '../../src/doctor/dead-letter-checks.ts'
import { render } from '../../src/doctor/doctor.ts'
import { fakeTerminal } from '../fake-terminal.ts'

const stopping = new AbortController().signal
const context = () => {
  return { terminal: fakeTerminal(), json: false, clock: systemClock, ids: systemIds, stopping }
}

async function* lettersOf(letters: readonly [StageName, string][], filter: LetterFilter) {
  for (const [stage, status] of letters) {
    await Promise.resolve()
    if (filter.stages?.includes(stage) === true) yield { status } as FoundLetter
  }
}

test('letters that are open are counted by stage; what was settled is not', async () => {
  const letters: [StageName, string][] = [
    ['crm-sink', 'open'],
    ['crm-sink', 'replayed'],
    ['crm-sink', 'open'],
    ['processor', 'discarded'],
  ]
  const counts = await countOpen({ find: filter => lettersOf(letters, filter) })
  assert.deepEqual([...counts], [['crm-sink', 2]])
})

test('open letters are no fault, and say where to look', () => {
  const check = deadLetterCheck(new Map([['crm-sink', 2]]))
  assert.ok(check.ok)
  assert.equal(check.detail, 'open: crm-sink 2')
  assert.equal(check.remedy, 'fleet dlq list --stage crm-sink')
  const text = render(context(), [check])
  assert.match(text, /Everything runs\./)
  assert.doesNotMatch(text, /Everything is well/)
  assert.match(text, /To look at:\n {2}dead letters: open: crm-sink 2 \(fleet dlq list/)
})

test('only without open letters everything is well', () => {
  const text = render(context(), [deadLetterCheck(new Map())])
  assert.match(text, /Everything is well\./)
})

test('what is wrong comes first', () => {
  const text = render(context(), [well('a', 'b', 'look'), unwell('c', 'd', 'mend')])
  assert.match(text, /What to do:\n {2}c: mend\n.*To look at:\n {2}a: b \(look\)/s)
  assert.doesNotMatch(text, /Everything/)
})
