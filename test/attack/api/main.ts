// The attacks on the API as a program. See --help.

import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { apiAttacks } from './cases.ts'
import { apiProperty, leftovers } from './fuzz.ts'
import { openApiTarget } from './target.ts'

const help = `Attacks the admin API: named cases, then requests made from its own OpenAPI document.

  node --import tsx test/attack/api/main.ts [--runs N] [--seed N] [--path P]

  --runs N   requests of the fuzzer (default 20000)
  --seed N   decides every request (default: by the time)
  --path P   with its seed: this request alone

Ends with: RESULT {"name":"attack-api","cases":n,"classes":{row:n},"failed":0}
Status 0: all held, 1: some did not, 2: wrong usage.
`

const say = (text: string): boolean => process.stdout.write(`${text}\n`)

interface Asked {
  readonly runs: number
  readonly seed: number
  readonly path: string
}

function usage(): Asked | null {
  try {
    const text = { type: 'string' } as const
    const { values } = parseArgs({
      options: { help: { type: 'boolean' }, runs: text, seed: text, path: text },
    })
    const runs = Number(values.runs ?? 20_000)
    const seed = Number(values.seed ?? Date.now() % 1_000_000_000)
    if (values.help === true) return null
    if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed)) throw new Error('wrong')
    return { runs, seed, path: values.path ?? '' }
  } catch {
    process.exitCode = 2
    return null
  }
}

async function run({ runs, seed, path }: Asked): Promise<void> {
  const target = await openApiTarget()
  const classes: Record<string, number> = {}
  let failed = 0
  const fail = (name: string, error: unknown): void => {
    failed += 1
    say(`FAILED ${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
  for (const attack of path === '' ? apiAttacks : []) {
    classes[attack.row] = (classes[attack.row] ?? 0) + 1
    await attack.run(target).catch((error: unknown) => fail(`${attack.row}: ${attack.name}`, error))
  }
  const tally = { seen: new Map<string, Map<number, number>>() }
  say(`${runs} requests, seed ${seed}`)
  const details = await fc.check(apiProperty(target, tally), {
    numRuns: runs,
    seed,
    ...(path === '' ? {} : { path, endOnFailure: true }),
  })
  classes['admin-api-fuzz'] = details.numRuns
  for (const [id, statuses] of [...tally.seen].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const counts = [...statuses].toSorted(([a], [b]) => a - b)
    say(`  ${id}: ${counts.map(([status, count]) => `${status} × ${count}`).join(', ')}`)
  }
  if (details.failed) {
    fail(
      `admin-api-fuzz, --seed ${seed} --path ${details.counterexamplePath ?? ''}`,
      details.errorInstance,
    )
    say(`  input: ${JSON.stringify(details.counterexample).slice(0, 1000)}`)
  }
  for (const problem of leftovers(target)) fail('nothing is left', problem)
  await target.close()
  const cases = Object.values(classes).reduce((sum, count) => sum + count, 0)
  say(`RESULT ${JSON.stringify({ name: 'attack-api', cases, classes, failed })}`)
  if (failed > 0) process.exitCode = 1
}

const asked = usage()
if (asked === null) say(help)
else await run(asked)
