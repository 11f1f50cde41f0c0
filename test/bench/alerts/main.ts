// make bench-alerts: how many alerts are right and how many incidents are found, over seeds whose traffic
// the detectors were not tuned on.
//   --from 1001 --seeds 20   other seeds; --verbose: every false alarm and every miss

import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

import { isIncident } from './run-seed.ts'
import type { SeedFigures } from './run-seed.ts'

const precisionMin = 0.95
const recallMin = 0.9
/** Held out; 1 to 20 were for tuning. */
const firstSeed = 1001
const processesMax = 4

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: String(firstSeed) },
    seeds: { type: 'string', default: '20' },
    verbose: { type: 'boolean', default: false },
  },
})

/** Each process takes every n-th seed. */
async function runAll(seeds: readonly number[]): Promise<SeedFigures[]> {
  const figures: SeedFigures[] = []
  const processes = Math.min(processesMax, availableParallelism(), seeds.length)
  const ends = Array.from({ length: processes }, (_, number) => {
    const own = seeds.filter((_seed, index) => index % processes === number)
    const child = fork(new URL('./run-seed.ts', import.meta.url), own.map(String), {
      execArgv: [...process.execArgv, '--max-semi-space-size=64'],
    })
    child.on('message', message => {
      const seedFigures = message as SeedFigures
      figures.push(seedFigures)
      if (values.verbose) for (const remark of seedFigures.remarks) console.log(remark)
    })
    return new Promise<void>((resolve, reject) => {
      child.on('error', reject)
      child.on('exit', code => {
        if (code === 0) resolve()
        else reject(new Error(`a process ended with ${code}`))
      })
    })
  })
  await Promise.all(ends)
  return figures.toSorted((a, b) => a.seed - b.seed)
}

function table(
  title: string,
  columns: readonly [string, string],
  rows: Map<string, number[]>,
): void {
  const line = (name: string, cells: readonly (string | number)[]): void =>
    console.log(name.padEnd(24) + cells.map(cell => String(cell).padStart(8)).join(''))
  console.log('')
  line(title, columns)
  for (const [name, cells] of [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1))) line(name, cells)
}

function tally(
  pairs: readonly (readonly [name: string, isGood: boolean])[],
): Map<string, number[]> {
  const rows = new Map<string, number[]>()
  for (const [name, isGood] of pairs) {
    const [good = 0, bad = 0] = rows.get(name) ?? []
    rows.set(name, isGood ? [good + 1, bad] : [good, bad + 1])
  }
  return rows
}

function share(good: number, all: number): number {
  return all === 0 ? 0 : Math.floor((good / all) * 1000) / 1000
}

const first = Number(values.from)
const count = Number(values.seeds)
const started = performance.now()
const figures = await runAll(Array.from({ length: count }, (_, index) => first + index))
if (figures.length !== count) throw new Error(`${figures.length} of ${count} seeds`)

const opened = figures.flatMap(each => each.opened)
const labels = figures.flatMap(each => each.labels)
table(
  'opened by',
  ['right', 'false'],
  tally(opened.map(each => [each.detector, each.label !== null])),
)
table('what happened', ['found', 'missed'], tally(labels.map(each => [each.label, each.isFound])))
const events = figures.reduce((sum, each) => sum + each.events, 0)
const seconds = Math.round((performance.now() - started) / 1000)
console.log(`\n${events} events, seeds ${first} to ${first + count - 1}, ${seconds} s`)

// Alerts on single sessions are many and easy: the right ones do not count, the false ones do.
const right = opened.filter(({ label }) => label !== null && isIncident(label)).length
const wrong = opened.filter(({ label }) => label === null).length
const incidents = labels.filter(({ label }) => isIncident(label))
const precision = share(right, right + wrong)
const recall = share(incidents.filter(({ isFound }) => isFound).length, incidents.length)
if (precision < precisionMin || recall < recallMin) process.exitCode = 1
console.log(`RESULT ${JSON.stringify({ name: 'alerts', precision, recall, seeds: count })}`)
