// The simulator's command: see its help.

import { parseArgs } from 'node:util'

import { messageOf } from '@fleet/runtime'

import type { Violation } from './judges/history.ts'
import { mutantsNamed, runMutants } from './mutants/run-mutants.ts'
import { makePlan } from './plan/make-plan.ts'
import { describeFault, kinds, restrict } from './plan/plan.ts'
import type { Plan } from './plan/plan.ts'
import { runInProcesses } from './run-in-processes.ts'
import { faultsAtLeast, recordsAtLeast } from './run-seeds.ts'
import type { Failure, Tally } from './run-seeds.ts'
import { numbersIn, rangesOf, shrink } from './shrink.ts'
import { simulate } from './simulate.ts'

const help = `Runs the stages on a broker in memory, under faults, and judges what they wrote.

  make simulate SEEDS=2000                  many seeds; the first that fails is made smaller
  make simulate SEEDS=500 MUTANTS=all       whether every planted defect is found
  node --import tsx test/simulation/main.ts --seed 17    one seed once more

  --seeds N        how many, default 200
  --from N         the first of them, default 1
  --jobs N         processes, default 2
  --mutants NAMES  all, or names of test/simulation/README.md with commas between
  --seed N         replays one; what follows is of one seed
  --faults LIST    only these of its faults, as 0-3,7, or none
  --records LIST   only these of its records
  --help

Ends with one line, RESULT {json}, and status 1 when something was found.
`

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: 'string', default: '200' },
        from: { type: 'string', default: '1' },
        jobs: { type: 'string', default: '2' },
        seed: { type: 'string' },
        faults: { type: 'string' },
        records: { type: 'string' },
        mutants: { type: 'string', default: '' },
        help: { type: 'boolean', default: false },
      },
    })
    for (const name of ['seeds', 'from', 'jobs', 'seed'] as const) {
      const given = values[name]
      if (given !== undefined && !/^\d{1,15}$/.test(given)) {
        throw new Error(`--${name} must be a whole number, got ${given}`)
      }
    }
    const listed = (text: string | undefined) => (text === undefined ? null : numbersIn(text))
    const faults = listed(values.faults)
    const records = listed(values.records)
    return { ...values, faults, records, mutants: mutantsNamed(values.mutants) }
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n\n${help}`)
    process.exit(2)
  }
}

const values = readOptions()

/** In so many runs each kind of fault must have struck. */
const runsForAllKinds = 2000

const say = (text: string): boolean => process.stdout.write(`${text}\n`)

function replayCommand(plan: Plan, whole: Plan): string {
  const part = (name: 'faults' | 'records'): string =>
    plan[name].length === whole[name].length ? '' : ` --${name} ${rangesOf(plan[name])}`
  return `node --import tsx test/simulation/main.ts --seed ${plan.seed}${part('faults')}${part('records')}`
}

function show(plan: Plan, violations: readonly Violation[]): void {
  say(`seed ${plan.seed}: ${JSON.stringify(plan.shape)}`)
  for (const fault of plan.faults) say(`  fault ${describeFault(fault)}`)
  for (const { rule, detail } of violations.slice(0, 10)) say(`  ${rule}: ${detail}`)
}

async function explain({ seed, violations }: Failure): Promise<void> {
  const whole = makePlan(seed)
  show(whole, violations)
  say('making it smaller …')
  const small = await shrink(whole, violations[0]?.rule ?? '')
  show(small, (await simulate(small)).violations)
  say(`replay: ${replayCommand(small, whole)}`)
}

async function replay(seed: number): Promise<boolean> {
  const whole = makePlan(seed)
  const all = (list: readonly { number: number }[]) => new Set(list.map(({ number }) => number))
  const plan = restrict(whole, {
    faults: values.faults ?? all(whole.faults),
    records: values.records ?? all(whole.records),
  })
  const { violations, struck, healedInMs, fingerprint } = await simulate(plan)
  show(plan, violations)
  const faults = [...struck.values()].reduce((sum, count) => sum + count, 0)
  const facts = `${plan.records.length} records, ${faults} faults struck, healed in ${healedInMs} ms`
  say(`${facts}, fingerprint ${fingerprint.slice(0, 16)}: ${violations.length} violations`)
  return violations.length === 0
}

const sorts: Readonly<Record<string, RegExp>> = {
  lost: /^(lost-write|stuck|unreconciled)$/,
  repeated: /^duplicate$/,
  misordered: /^(misordered|early-tick)$/,
  torn: /^(torn-transaction|inconsistent-offsets|aborted-read)$/,
}

function resultLine(tally: Tally, failure: Failure | null, mutants: [number, number]): string {
  const counts = Object.entries(sorts).map(([name, rules]) => [
    name,
    failure?.violations.filter(({ rule }) => rules.test(rule)).length ?? 0,
  ])
  const result = {
    name: 'simulate',
    runs: tally.runs,
    records: tally.records,
    faults: tally.faults,
    records_min: tally.recordsMin,
    faults_min: tally.faultsMin,
    ...Object.fromEntries(counts),
    violations: failure?.violations.length ?? 0,
    mutants: mutants[0],
    mutants_found: mutants[1],
  }
  return `RESULT ${JSON.stringify(result)}`
}

function byName([left]: [string, number], [right]: [string, number]): number {
  return left < right ? -1 : 1
}

/** Why a run without violations still proves too little. */
function shortcomings({ runs, recordsMin, faultsMin, struck }: Tally): string[] {
  const few = recordsMin < recordsAtLeast || faultsMin < faultsAtLeast
  const never = kinds.filter(kind => struck[kind] === undefined)
  return [
    ...(few ? [`a seed has fewer than ${recordsAtLeast} records or ${faultsAtLeast} faults`] : []),
    ...(runs >= runsForAllKinds ? never.map(kind => `${kind} never struck`) : []),
  ]
}

async function many(): Promise<boolean> {
  const from = Number(values.from)
  const count = Number(values.seeds)
  const jobs = Number(values.jobs)
  const started = performance.now()
  const { tally, failure } = await runInProcesses({ from, count, jobs }, say)
  const seconds = (performance.now() - started) / 1000
  const rate = `${(tally.runs / seconds).toFixed(1)} seeds/s`
  const least = `at least ${tally.recordsMin} records and ${tally.faultsMin} faults each`
  say(`${tally.runs} seeds in ${seconds.toFixed(0)} s (${rate}), ${least}`)
  for (const [kind, times] of Object.entries(tally.struck).toSorted(byName)) {
    say(`  ${kind}: ${times}`)
  }
  if (failure !== null) await explain(failure)
  const mutants =
    values.mutants.length === 0 || failure !== null
      ? { all: 0, found: 0 }
      : await runMutants(values.mutants, jobs, say)
  const missing = failure === null ? shortcomings(tally) : []
  for (const each of missing) say(each)
  say(resultLine(tally, failure, [mutants.all, mutants.found]))
  return failure === null && missing.length === 0 && mutants.found === mutants.all
}

// An interrupted run takes its copies of the sources with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

async function main(): Promise<boolean> {
  if (!values.help) return values.seed === undefined ? many() : replay(Number(values.seed))
  say(help)
  return true
}

process.exitCode = (await main()) ? 0 : 1
