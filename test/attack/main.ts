// make attack: every attack program one after the other, their results added up. See --help.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

const help = `Attacks the platform: sockets against a running ingester, requests against the admin API (made
from its OpenAPI document), arguments and files against the command, hostile schema files, then bytes
against every adapter.

  make attack                  100,000 inputs for each adapter's verify, identify and normalize,
                               a fifth of that for the admin API
  make attack RUNS=5000        fewer

  --runs N   inputs for each target of the fuzzer, default 100000
  --help

Ends with: RESULT {"name":"attack","cases":n,"classes":{class:n},"failed":0}
Status 0: all held, 1: some did not, 2: wrong usage.
`

interface Result {
  readonly cases: number
  readonly failed: number
  readonly classes?: Readonly<Record<string, number>>
  readonly targets?: Readonly<Record<string, number>>
}

const say = (text: string): boolean => process.stdout.write(`${text}\n`)

/** A program that died without a result failed as a whole. */
async function runProgram(path: string, args: readonly string[]): Promise<Result> {
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
  return result
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

const runs = readRuns()
if (runs === null) say(help)
else {
  const results = [
    await runProgram('http/main.ts', []),
    await runProgram('api/main.ts', ['--runs', String(Math.ceil(runs / apiShare))]),
    await runProgram('named.ts', []),
    await runProgram('adapters/main.ts', ['--runs', String(runs)]),
  ]
  const sum = (name: 'cases' | 'failed'): number =>
    results.reduce((all, result) => all + result[name], 0)
  const classes = Object.assign({}, ...results.map(each => each.classes ?? each.targets)) as object
  const failed = sum('failed')
  process.exitCode = failed === 0 ? 0 : 1
  say(`\nRESULT ${JSON.stringify({ name: 'attack', cases: sum('cases'), classes, failed })}`)
}
