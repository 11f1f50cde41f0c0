// One target in a process of its own, so that an input that never ends can be told from a slow one: the
// number of the input is written to a file before it is tried.
//   arguments: target, runs, seed, path (empty for all), file

import { openSync, writeSync } from 'node:fs'

import fc from 'fast-check'

import { targets } from './targets.ts'

/** To the parent, once, at the end. */
export interface Outcome {
  readonly runs: number
  readonly kinds: Record<string, number>
  /** Answers that never came, though they are not rare. */
  readonly missing: readonly string[]
  readonly failure: { path: string; error: string; input: string } | null
}

/** Whoever waits for the result may be gone, and no event is seen while inputs are tried. */
const parent = process.ppid

/** With fewer, an answer may be missing by chance. */
const runsForEveryKind = 10_000
const inputCharactersMax = 4000

function fuzz([name, runs, seed, path, file]: readonly string[]): Outcome {
  const target = targets.find(each => each.name === name)
  if (target === undefined || file === undefined) throw new Error(`no target ${name}`)
  const descriptor = openSync(file, 'w')
  const kinds: Record<string, number> = {}
  let number = 0
  const position = Buffer.alloc(8)
  const property = target.property({
    begin: () => {
      if (number % 1000 === 0 && process.ppid !== parent) process.exit(1)
      position.writeDoubleLE(number++)
      writeSync(descriptor, position, 0, 8, 0)
    },
    count: kind => {
      kinds[kind] = (kinds[kind] ?? 0) + 1
    },
  })
  const only = path === undefined || path === '' ? {} : { path, endOnFailure: true }
  const details = fc.check(property, { numRuns: Number(runs), seed: Number(seed), ...only })
  const isWhole = details.numRuns >= runsForEveryKind
  const missing = isWhole ? target.expected.filter(kind => !Object.hasOwn(kinds, kind)) : []
  if (!details.failed) return { runs: details.numRuns, kinds, missing, failure: null }
  const { errorInstance, counterexample, counterexamplePath } = details
  const error = errorInstance instanceof Error ? errorInstance.stack : String(errorInstance)
  const failure = {
    path: counterexamplePath ?? '',
    error: error ?? '',
    input: fc.stringify(counterexample).slice(0, inputCharactersMax),
  }
  return { runs: details.numRuns, kinds, missing, failure }
}

const outcome = fuzz(process.argv.slice(2))
process.send?.(outcome, () => process.disconnect())
