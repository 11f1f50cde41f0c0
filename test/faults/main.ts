// Runs the fault harness: brings the world up, breaks it while events flow, heals it, judges it, takes it
// down. Ends with one line: RESULT and a JSON object.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { messageOf, systemClock } from '@fleet/runtime'

import { readOptions } from './options.ts'
import { PartitionRefused, run } from './run.ts'

const parsed = readOptions(process.argv.slice(2))
if (!parsed.ok) {
  const stream = parsed.code === 0 ? process.stdout : process.stderr
  stream.write(parsed.text)
  process.exit(parsed.code)
}
const { options } = parsed
const startedMs = systemClock.elapsedMs()
const say = (text: string): void => {
  const seconds = ((systemClock.elapsedMs() - startedMs) / 1000).toFixed(1)
  process.stdout.write(`${seconds.padStart(7)}s  ${text}\n`)
}

mkdirSync(tmpdir(), { recursive: true })
const dataDir = mkdtempSync(join(tmpdir(), 'fleet-faults-'))
const stopping = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stopping.abort(name))
// Whatever goes wrong here, the processes that were started must be ended.
for (const name of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(name, error => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    stopping.abort(name)
  })
}

let code = 1
let { isKept } = options
try {
  code = await run(options, { dataDir, say, stopping: stopping.signal })
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  // Its logs are the evidence of how it came about.
  isKept ||= error instanceof PartitionRefused
}
if (isKept) say(`the run's folder is ${dataDir}`)
else rmSync(dataDir, { recursive: true, force: true })
process.exit(code)
