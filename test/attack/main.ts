// make attack: every attack program one after the other, their results added up. See --help.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

import { missingRows } from './rows.ts'

const help = `Attacks the platform: bytes against every adapter, sockets against a running ingester, requests
against the admin API (made from its OpenAPI document), arguments, files, standard input and signals
against the command, hostile schema files. The command is also tried on a Kafka of its own.

  make attack                  100,000 inputs for each adapter's verify, identify and normalize,
                               a fifth of that for the admin API: a quarter of an hour on two cores
  make attack RUNS=5000        fewer: three minutes

  --runs N   inputs for each target of the fuzzer, default 100000
  --help

Ends with: RESULT {"name":"attack","cases":n,"classes":{row:n},"seconds":n,"failed":0}
Status 0: all held and every row was tried, 1: not so, 2: wrong usage.
`

interface Result {
  readonly cases: number
  readonly failed: number
  readonly classes?: Readonly<Record<string, number>>
  readonly targets?: Readonly<Record<string, number>>
}

const say = (text: string): boolean => process.stdout.write(`${text}\n`)

/** A program that died without a result failed as a whole. */
async function runProgram([path, ...args]: readonly [string, ...string[]]): Promise<Result> {
  const startedMs = performance.now()
  say(`\n== ${path}`)
  const file = new URL(path, import.meta.url).pathname
  const child = spawn(process.execPath, [...process.execArgv, file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let result: Result = { cases: 0, failed: 1 }
  createInterface({ input: child.stdout }).on('line', line => {
    say(line)
    if (line.startsWith('RESULT ')) result = JSON.parse(line.slice('RESULT '.length)) as Result
  })
  await new Promise(resolve => child.on('close', resolve))
  say(`== ${path}: ${result.cases} cases, ${result.failed} failed, ${secondsSince(startedMs)} s`)
  return result
}

function secondsSince(startedMs: number): number {
  return Math.round((performance.now() - startedMs) / 1000)
}

function readRuns(): number | null {
  try {
    const options = {
      runs: { type: 'string', default: '100000' },
      help: { type: 'boolean' },
    } as const
    const { values } = parseArgs({ options })
    const runs = Number(values.runs)
    if (values.help === true) return null
    if (!Number.isInteger(runs) || runs < 1) throw new Error('wrong usage')
    return runs
  } catch {
    process.exitCode = 2
    return null
  }
}

/** A request takes as long as some inputs of an adapter. */
const apiShare = 5

/** The fuzzer of the adapters takes longest and needs nothing, so it goes first. */
const programsFor = (runs: number): readonly (readonly [string, ...string[]])[] => [
  ['adapters/main.ts', '--runs', String(runs)],
  ['http/main.ts'],
  ['api/main.ts', '--runs', String(Math.ceil(runs / apiShare))],
  ['named.ts'],
  ['cli/kafka/main.ts'],
]

async function run(runs: number): Promise<void> {
  const startedMs = performance.now()
  const results: Result[] = []
  for (const program of programsFor(runs)) results.push(await runProgram(program))
  const sum = (name: 'cases' | 'failed'): number =>
    results.reduce((all, result) => all + result[name], 0)
  const classes: Record<string, number> = {}
  for (const { classes: rows, targets } of results) {
    for (const [row, count] of Object.entries(rows ?? targets ?? {})) {
      classes[row] = (classes[row] ?? 0) + count
    }
  }
  const missing = missingRows(classes)
  if (missing.length > 0) say(`\nnot tried: ${missing.join(', ')}`)
  const failed = sum('failed') + missing.length
  const seconds = secondsSince(startedMs)
  process.exitCode = failed === 0 ? 0 : 1
  say(
    `\nRESULT ${JSON.stringify({ name: 'attack', cases: sum('cases'), classes, seconds, failed })}`,
  )
}

const runs = readRuns()
if (runs === null) say(help)
else await run(runs)
