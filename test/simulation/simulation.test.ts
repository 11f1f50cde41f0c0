// The short form of the simulation: some seeds, the same seed twice, and whether planted defects are
// found at all. `make simulate` is the long form.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { mutants } from './mutants/mutants.ts'
import { mutantsNamed, runMutants } from './mutants/run-mutants.ts'
import { staleMutants } from './mutants/source-copy.ts'
import { makePlan } from './plan/make-plan.ts'
import { restrict } from './plan/plan.ts'
import { runInProcesses } from './run-in-processes.ts'
import { faultsAtLeast, recordsAtLeast } from './run-seeds.ts'
import { numbersIn, rangesOf } from './shrink.ts'
import { simulate } from './simulate.ts'

const seeds = Number(process.env['FLEET_SIMULATION_SEEDS'] ?? 20)

test('no seed loses, repeats, misorders or tears anything', async () => {
  const { tally, failure } = await runInProcesses({ from: 1, count: seeds, jobs: 2 }, () => {})
  const replay = `node --import tsx test/simulation/main.ts --seed ${failure?.seed ?? 0}`
  assert.equal(failure, null, `${JSON.stringify(failure?.violations[0])}; replay: ${replay}`)
  assert.equal(tally.runs, seeds)
  assert.ok(tally.recordsMin >= recordsAtLeast, `a seed with ${tally.recordsMin} records`)
  assert.ok(tally.faultsMin >= faultsAtLeast, `a seed with ${tally.faultsMin} faults`)
})

test('the same seed gives the same bytes in every log, also after other seeds', async () => {
  const first = await simulate(makePlan(7))
  await simulate(makePlan(8))
  const again = await simulate(makePlan(7))
  assert.deepEqual(again, first)
})

test('a part of a plan is replayed from its short form', async () => {
  const whole = makePlan(5)
  const part = restrict(whole, { faults: new Set([0, 1, 4]), records: new Set([3, 5, 6, 7]) })
  assert.equal(rangesOf(part.faults), '0-1,4')
  assert.deepEqual([...numbersIn(rangesOf(part.records))], [3, 5, 6, 7])
  assert.deepEqual((await simulate(part)).violations, [])
})

test('every mutant still fits the sources', () => {
  assert.deepEqual(staleMutants(mutants), [])
})

test('planted defects are found', async () => {
  const names = 'memory-before-commit,no-fence,unpatched-filter'
  const lines: string[] = []
  const { all, found } = await runMutants(mutantsNamed(names), 2, line => lines.push(line))
  assert.equal(found, all, lines.join('\n'))
})
