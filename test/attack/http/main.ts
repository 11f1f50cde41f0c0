// The attacks as a program. See --help.

import { parseArgs } from 'node:util'
import { rows } from './attack.ts'
import { assertNothingLeft, attacks, classesOf, runAttack } from './run.ts'
import { startTarget } from './target-process.ts'

const help = `Attacks an ingester with real sockets: an edge in a process of its own, every limit
set low by the variables an operator has.

  node --import tsx test/attack/http/main.ts [--row NAME] [--rounds N] [--list]

  --row NAME   only this row: ${rows.join(', ')}
  --rounds N   the whole list so often, for leaks (default 1)
  --list       the cases, without running them

Ends with: RESULT {"name":"attack-http","cases":n,"classes":{row:n},"failed":0}
Status 0: all held, 1: some did not, 2: wrong usage.
`

const say = (text: string): boolean => process.stdout.write(`${text}\n`)

function usage(): { row: string | undefined; rounds: number; list: boolean } | null {
  try {
    const { values } = parseArgs({
      options: {
        help: { type: 'boolean' },
        list: { type: 'boolean' },
        row: { type: 'string' },
        rounds: { type: 'string' },
      },
    })
    const rounds = Number(values.rounds ?? 1)
    const isRow = values.row === undefined || rows.some(row => row === values.row)
    if (values.help === true) return null
    if (!isRow || !Number.isInteger(rounds) || rounds < 1) throw new Error('wrong usage')
    return { row: values.row, rounds, list: values.list === true }
  } catch {
    process.exitCode = 2
    return null
  }
}

async function run(row: string | undefined, rounds: number): Promise<void> {
  const chosen = attacks.filter(attack => row === undefined || attack.row === row)
  const target = await startTarget()
  const memoryBefore = await target.memoryBytes()
  let failed = 0
  const attempt = async (name: string, step: () => Promise<void>): Promise<void> => {
    try {
      await step()
    } catch (error) {
      failed += 1
      say(`FAILED ${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  for (let round = 1; round <= rounds; round++) {
    const started = performance.now()
    for (const attack of chosen) {
      await attempt(`${attack.row}: ${attack.name}`, () => runAttack(attack, target))
    }
    say(`round ${round}: ${chosen.length} cases, ${Math.round(performance.now() - started)} ms`)
  }
  await attempt('nothing is left', () => assertNothingLeft(target, memoryBefore))
  await target.close()
  const tried = Array.from({ length: rounds }, () => chosen).flat()
  const cases = tried.length
  say(`RESULT ${JSON.stringify({ name: 'attack-http', cases, classes: classesOf(tried), failed })}`)
  if (failed > 0) process.exitCode = 1
}

const asked = usage()
if (asked === null) say(help)
else if (asked.list) for (const { row, name } of attacks) say(`${row}: ${name}`)
else await run(asked.row, asked.rounds)
