import assert from 'node:assert/strict'
import { test } from 'node:test'

import { exitCodes, runFleet } from '../../src/index.ts'
import { render } from '../../src/demo/render.ts'
import { reportOf } from '../../src/demo/report.ts'
import { figuresOf } from '../../src/demo/reconcile/figures.ts'
import { fakeTerminal } from '../fake-terminal.ts'
import { IdealRun } from './ideal-run.ts'

test('in production there is no demo, and it says so', async t => {
  const before = process.env['FLEET_MODE']
  process.env['FLEET_MODE'] = 'production'
  t.after(() => {
    if (before === undefined) delete process.env['FLEET_MODE']
    else process.env['FLEET_MODE'] = before
  })
  const terminal = fakeTerminal()
  const { signal } = new AbortController()
  assert.equal(await runFleet(['demo'], { terminal, stopping: signal }), exitCodes.usage)
  assert.match(terminal.errors, /demo endpoints exist in development only/)
  assert.equal(terminal.output, '')
})

function resultWith(complaints: { sample: string | null; detail: string }[]) {
  const ideal = new IdealRun()
  const figures = figuresOf(ideal.sent, ideal.evidence(), new Map())
  return { id: 'k3x9q2', sent: ideal.sent, figures, complaints, seconds: 3.21 }
}

test('the object of --json has the promised members, as numbers and one object', () => {
  const report: Record<string, unknown> = { ...reportOf(resultWith([])) }
  const counts =
    'sent accepted refused raw_records duplicates superseded dead_letters crm accounting'
  for (const name of [...counts.split(' '), 'alerts']) assert.equal(typeof report[name], 'number')
  assert.equal(Object.keys(report['published'] as object).length, 10)
  assert.equal(report['reconciled'], true)
})

test('a person sees what was sent, where it went, and the verdict', () => {
  const text = render(fakeTerminal(), resultWith([]))
  for (const line of [
    /^sent +levy +ump +smartcar +partner +all$/m,
    /^id conflict +1 +1 +· +· +2$/m,
    /^ {2}dead letters +7 +BAD_TIME 1, ID_CONFLICT 2, UNIDENTIFIED 4$/m,
    /balanced: yes$/m,
    /^alerts +1 +no-show-spike OPEN 1$/m,
    /^reconciled all \d+ webhooks .* \(3.2 s\)$/m,
  ]) {
    assert.match(text, line)
  }
})

test('of many complaints the first are shown, each with its sample', () => {
  const complaints = Array.from({ length: 25 }, (_, n) => ({ sample: `s${n}`, detail: 'is lost' }))
  const text = render(fakeTerminal(), resultWith(complaints))
  assert.match(text, /^not reconciled$/m)
  assert.match(text, /^ {2}s19: is lost$/m)
  assert.match(text, /and 5 more; all are in: fleet demo --json/)
  assert.doesNotMatch(text, /s20/)
  assert.equal(reportOf(resultWith(complaints)).reconciled, false)
})
