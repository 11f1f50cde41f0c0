// The command line of the fault harness.

import { parseArgs } from 'node:util'

import { allKinds } from './kinds/schedule.ts'

export interface Options {
  events: number
  seed: number
  /** Wanted length of the fault phase; the load is spread over it. */
  seconds: number
  kinds: readonly string[]
  /** Write test/faults/REPORT.md. */
  isReported: boolean
  /** How often every kind of fault comes at most. */
  roundsMax: number
  /** Leave the folder with logs and data behind. */
  isKept: boolean
}

const usage = `The fault harness: three brokers and several instances of every service as real processes,
faults under load, then healing, judged by Kafka's Java client.

  node --import tsx test/faults/main.ts [options]

  --events <n>      distinct events; a fifth of all deliveries comes on top   100000
  --seconds <n>     length of the fault phase the load is spread over         600
  --seed <n>        decides events, order and parameters of all faults       by the time
  --kinds <a,b>     only these kinds                                          all
  --short           20,000 events and 75 s, unless given otherwise; every kind once
  --report          write the figures into test/faults/REPORT.md
  --keep            leave the run's folder with its logs behind
  --help            this text

Kinds: ${allKinds.join(', ')}

Exit 0: no rule was broken. 1: one was, with the first record that breaks it, or a part of the run
failed. 2: wrong usage. The last line is RESULT and one JSON object.
`

export type ParsedOptions =
  { ok: true; options: Options } | { ok: false; text: string; code: number }

export function readOptions(args: readonly string[]): ParsedOptions {
  let values
  try {
    values = parseArgs({
      args: [...args],
      options: {
        events: { type: 'string' },
        seconds: { type: 'string' },
        seed: { type: 'string' },
        kinds: { type: 'string' },
        short: { type: 'boolean', default: false },
        report: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return { ok: false, text: `${error instanceof Error ? error.message : error}\n`, code: 2 }
  }
  if (values.help) return { ok: false, text: usage, code: 0 }
  const kinds = values.kinds?.split(',') ?? allKinds
  const unknown = kinds.filter(kind => !allKinds.includes(kind))
  if (unknown.length > 0) {
    return { ok: false, text: `unknown kinds: ${unknown.join(', ')}\n`, code: 2 }
  }
  const options: Options = {
    events: Number(values.events ?? (values.short ? 20_000 : 100_000)),
    seconds: Number(values.seconds ?? (values.short ? 75 : 600)),
    seed: Number(values.seed ?? Date.now() % 1_000_000),
    kinds,
    roundsMax: values.short ? 1 : Infinity,
    isReported: values.report,
    isKept: values.keep,
  }
  const numbers = [options.events, options.seconds, options.seed]
  if (numbers.some(number => !Number.isSafeInteger(number) || number < 0) || options.events < 1) {
    return { ok: false, text: 'events, seconds and seed are whole numbers\n', code: 2 }
  }
  return { ok: true, options }
}
