import assert from 'node:assert/strict'
import { test } from 'node:test'
import { everyLetter } from '@fleet/dlq'
import { readFilter, refuseEverything } from '../../src/dlq/filter.ts'
import { runFleet } from '../../src/fleet.ts'
import { fakeTerminal } from '../fake-terminal.ts'

const id = '0123456789abcdef0123456789abcdef'

test('options become a filter; what is not said means any', () => {
  assert.deepEqual(readFilter({}), everyLetter)
  const options = {
    stage: ['processor', 'crm-sink'],
    code: ['BAD_TIME'],
    tenant: 'demo',
    type: ['a.b'],
    from: '2026-11-21T08:00:00Z',
    to: '2026-11-21T09:00:00Z',
  }
  assert.deepEqual(readFilter(options, [id]), {
    stages: ['processor', 'crm-sink'],
    ids: [id],
    codes: ['BAD_TIME'],
    tenant: 'demo',
    types: ['a.b'],
    from: Date.parse('2026-11-21T08:00:00Z') * 1000,
    to: Date.parse('2026-11-21T09:00:00Z') * 1000,
  })
})

test('everything must be asked for', () => {
  assert.throws(() => refuseEverything(everyLetter, false), /say --all/)
  refuseEverything(everyLetter, true)
  refuseEverything(readFilter({ tenant: 'demo' }), false)
})

const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['an unknown stage', ['list', '--stage', 'nobody'], /no stage "nobody"\. Known: processor/],
  ['an id that is none', ['show', 'x'], /"x" is no letter id/],
  ['a time that is none', ['list', '--from', 'yesterday'], /--from must be a time/],
  ['an unknown status', ['list', '--status', 'lost'], /Allowed choices are open/],
  ['a limit of nothing', ['list', '--limit', '0'], /--limit must be a whole number/],
  ['a replay of everything by mistake', ['replay'], /name letters by id or filter, or say --all/],
  ['a patch of many', ['replay', '--tenant', 'a', '--body', 'package.json'], /for one letter/],
  ['a patch and a body', ['replay', id, '--patch', 'a', '--body', 'b'], /not both/],
  ['a patch that is not there', ['replay', id, '--patch', 'not/there'], /can not be read/],
  ['a patch that is no JSON', ['replay', id, '--patch', 'README.md'], /is not JSON/],
  ['a rate of nothing', ['replay', id, '--rate', '0'], /--rate must be/],
  ['a replay that goes on with others', ['replay', id, '--resume', 'r'], /without ids/],
  ['giving up one and replaying others', ['replay', id, '--give-up', 'r'], /stands alone/],
  ['a discard without a reason', ['discard', id], /required option '--reason/],
  ['a discard with an empty reason', ['discard', id, '--reason', ' '], /must say why/],
  ['a discard of everything by mistake', ['discard', '--reason', 'x'], /say --all/],
]

for (const [what, args, message] of wrong) {
  test(`${what} is wrong usage`, async () => {
    const terminal = fakeTerminal()
    const { signal } = new AbortController()
    assert.equal(await runFleet(['dlq', ...args], { terminal, stopping: signal }), 2)
    assert.match(terminal.errors, message)
    assert.equal(terminal.output, '')
  })
}

for (const verb of [[], ['list'], ['show'], ['export'], ['replay'], ['discard']]) {
  test(`fleet dlq ${verb.join('')} --help explains itself with examples`, async () => {
    const terminal = fakeTerminal()
    const { signal } = new AbortController()
    assert.equal(await runFleet(['dlq', ...verb, '--help'], { terminal, stopping: signal }), 0)
    assert.match(terminal.output, /\nExamples:\n {2}fleet dlq/)
  })
}
