// Fuzzes every adapter: the long form of adapters.test.ts. Ends with one line: RESULT and a JSON object.

import { fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Outcome } from './fuzz-target.ts'
import { command, readOptions } from './options.ts'
import type { Options } from './options.ts'

/** The slowest input takes a second; a machine that does something else gets the rest. */
const stalledMsMax = 60_000
const progressEveryMs = 5000
/** Targets tried at the same time, each in a process of its own. */
const lanesMax = 4

const say = (text: string): boolean => process.stdout.write(`${text}\n`)
const worker = new URL('./fuzz-target.ts', import.meta.url)

type Ending =
  | { kind: 'outcome'; outcome: Outcome }
  | { kind: 'stalled'; number: number }
  | { kind: 'ended'; status: string }

/** The number of the input that is being tried. */
function positionIn(file: string): number {
  try {
    return readFileSync(file).readDoubleLE(0)
  } catch {
    return 0
  }
}

async function fuzz(
  target: string,
  { runs, seed, path }: Options,
  folder: string,
): Promise<Ending> {
  const file = join(folder, target)
  const child = fork(worker, [target, String(runs), String(seed), path, file], {
    execArgv: process.execArgv,
    serialization: 'advanced',
  })
  let seen = -1
  let seenMs = performance.now()
  return new Promise(resolve => {
    const timer = setInterval(() => {
      const number = positionIn(file)
      if (number !== seen) {
        seen = number
        seenMs = performance.now()
        say(`  ${target}: ${number} of ${runs}`)
      } else if (performance.now() - seenMs > stalledMsMax) {
        child.kill('SIGKILL')
        end({ kind: 'stalled', number })
      }
    }, progressEveryMs)
    const end = (ending: Ending): void => {
      clearInterval(timer)
      resolve(ending)
    }
    child.on('message', message => end({ kind: 'outcome', outcome: message as Outcome }))
    child.on('error', error => end({ kind: 'ended', status: error.message }))
    child.on('exit', (code, signal) => end({ kind: 'ended', status: String(code ?? signal) }))
  })
}

/** How many inputs were tried; null when one of them failed. */
function report(target: string, ending: Ending, { seed, runs }: Options): number | null {
  const replay = (path: string): string => command({ target, seed, path, runs })
  if (ending.kind === 'ended') {
    say(`${target}: FAILED, its process ended with ${ending.status}`)
    return null
  }
  if (ending.kind === 'stalled') {
    say(`${target}: FAILED, input ${ending.number} had no answer within ${stalledMsMax / 1000} s`)
    say(`  replay: ${replay(String(ending.number))}`)
    return null
  }
  const { failure, missing, kinds, runs: tried } = ending.outcome
  if (failure !== null) {
    say(`${target}: FAILED after ${tried} inputs`)
    say(`  ${failure.error}\n  input: ${failure.input}`)
    say(`  seed ${seed}, path ${failure.path}; replay: ${replay(failure.path)}`)
    return null
  }
  if (missing.length > 0) {
    say(`${target}: FAILED, no input was answered ${missing.join(', ')}`)
    return null
  }
  say(`${target}: ${tried} inputs, ${JSON.stringify(kinds)}`)
  return tried
}

const parsed = readOptions(process.argv.slice(2))
if (!parsed.ok) {
  const stream = parsed.code === 0 ? process.stdout : process.stderr
  stream.write(parsed.text)
  process.exit(parsed.code)
}
const { options } = parsed
mkdirSync(tmpdir(), { recursive: true })
const folder = mkdtempSync(join(tmpdir(), 'fleet-fuzz-'))
const startedMs = performance.now()
const cases: Record<string, number> = {}
let failed = 0
say(`${options.targets.length} targets, ${options.runs} inputs each, seed ${options.seed}`)
try {
  const waiting = [...options.targets]
  const lane = async (): Promise<void> => {
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
      const tried = report(target, await fuzz(target, options, folder), options)
      if (tried === null) failed++
      else cases[target] = tried
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanesMax, availableParallelism()) }, lane))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const result = {
  name: 'fuzz-adapters',
  cases: Object.values(cases).reduce((sum, count) => sum + count, 0),
  targets: cases,
  seed: options.seed,
  seconds: Math.round((performance.now() - startedMs) / 1000),
  failed,
}
process.exitCode = failed === 0 ? 0 : 1
say(`RESULT ${JSON.stringify(result)}`)
