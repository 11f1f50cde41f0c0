// Runs in the copy with the planted defect: seeds until one of them breaks a rule.

import { runSeeds } from '../run-seeds.ts'

const { failure } = await runSeeds({ from: 1, count: Number(process.argv[2]), step: 1 })
const rules = [...new Set(failure?.violations.map(({ rule }) => rule))]
const found = { seed: failure?.seed ?? null, rules }
// A killed process leaves timers behind that nobody waits for.
process.stdout.write(`FOUND ${JSON.stringify(found)}\n`, () => process.exit(0))
