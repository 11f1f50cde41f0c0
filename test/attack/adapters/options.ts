// The command line of the adapters' fuzzer.

import { parseArgs } from 'node:util'

import { targets } from './targets.ts'

export interface Options {
  /** Inputs for each target. */
  readonly runs: number
  readonly seed: number
  readonly targets: readonly string[]
  /** One input of the seed and what it was made smaller to; empty for all. */
  readonly path: string
}

const names = targets.map(({ name }) => name)
const program = 'node --import tsx test/attack/adapters/main.ts'

const usage = `Fuzzes verify, identify and normalize of every adapter: valid deliveries with changed bytes,
hostile JSON, hostile headers, noise. Every answer must be one of the function's own, the same again,
in time, and writable as a record; only what was signed may be accepted.

  ${program} [options]

  --runs <n>       inputs for each target                        100000
  --target <a,b>   only these targets                            all
  --seed <n>       decides every input                           by the time
  --path <p>       with one target and its seed: this input      none
  --help           this text

Targets: ${names.join(', ')}

Exit 0: nothing was found. 1: an input broke a rule; seed and path that replay it are printed.
2: wrong usage. The last line is RESULT and one JSON object.
`

export type ParsedOptions =
  { ok: true; options: Options } | { ok: false; text: string; code: number }

export function readOptions(args: readonly string[]): ParsedOptions {
  let values
  try {
    values = parseArgs({
      args: [...args],
      options: {
        runs: { type: 'string', default: '100000' },
        target: { type: 'string' },
        seed: { type: 'string' },
        path: { type: 'string', default: '' },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return { ok: false, text: `${error instanceof Error ? error.message : error}\n`, code: 2 }
  }
  if (values.help) return { ok: false, text: usage, code: 0 }
  const chosen = values.target?.split(',') ?? names
  const unknown = chosen.filter(name => !names.includes(name))
  if (unknown.length > 0) return wrong(`unknown targets: ${unknown.join(', ')}`)
  const runs = Number(values.runs)
  const seed = Number(values.seed ?? Date.now() % 1_000_000_000)
  if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(seed)) {
    return wrong('runs and seed are whole numbers, and there is at least one run')
  }
  const { path } = values
  if (path !== '' && (chosen.length !== 1 || values.seed === undefined)) {
    return wrong('a path belongs to one target and its seed')
  }
  if (!/^(\d+(:\d+)*)?$/.test(path)) return wrong('a path is numbers with colons, as 17:0:2')
  return { ok: true, options: { runs, seed, targets: chosen, path } }
}

function wrong(text: string): ParsedOptions {
  return { ok: false, text: `${text}\n`, code: 2 }
}

/** What a person types to see one input again. */
export function command(
  input: Pick<Options, 'runs' | 'seed' | 'path'> & { readonly target: string },
): string {
  const { target, seed, path, runs } = input
  return `${program} --target ${target} --seed ${seed} --runs ${runs} --path ${path}`
}
