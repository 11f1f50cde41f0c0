// One process of many: runs its share of the seeds and reports to its parent.

import type { Report } from './run-in-processes.ts'
import { runSeeds } from './run-seeds.ts'

const reportEvery = 20

const [from = 1, count = 0, step = 1] = process.argv.slice(2).map(Number)
const report = (message: Report): boolean => process.send?.(message) ?? false

// Whoever waits for the result may be gone.
process.once('disconnect', () => process.exit())

const { tally, failure } = await runSeeds({ from, count, step }, running => {
  if (running.runs % reportEvery === 0) report({ tally: running, failure: null, isDone: false })
})
report({ tally, failure, isDone: true })
process.disconnect?.()
