// The `fleet` command as a function, with nothing to reach: every address is a closed port. What it would
// have written to the terminal is kept.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { runFleet } from '../../../packages/cli/src/fleet.ts'
import { guarded } from '../../../packages/cli/src/terminal.ts'
import { fakeTerminal } from '../../../packages/cli/test/fake-terminal.ts'

/** It is the API key of every command; nothing that is written may hold it. */
export const canary = 'flk_0123456789abcdef_canary-7c1f'

export interface Ran {
  readonly code: number
  readonly output: string
  readonly errors: string
}

const msMax = 30_000

/** Nothing listens on the lowest ports of loopback. */
const nowhere = {
  FLEET_KAFKA_BROKERS: '127.0.0.1:1',
  FLEET_REGISTRY_URL: 'http://127.0.0.1:1',
  FLEET_REDIS_URL: 'redis://127.0.0.1:1/0',
  FLEET_INGEST_PORT: '1',
  FLEET_API_PORT: '1',
  FLEET_API_KEY: canary,
}

const ownStandardInput = Object.getOwnPropertyDescriptor(process, 'stdin')?.get

type Environment = Readonly<Record<string, string>>

export async function runCommand(
  argv: readonly string[],
  folder: string,
  env: Environment = {},
): Promise<Ran> {
  const [ran] = await runAtOnce([argv], folder, env)
  assert.ok(ran !== undefined)
  return ran
}

/** Several people at the same machine: all start before one of them ends. */
export async function runAtOnce(
  commands: readonly (readonly string[])[],
  folder: string,
  env: Environment = {},
): Promise<Ran[]> {
  const before = process.env
  process.env = { ...before, ...nowhere, FLEET_DATA_DIR: join(folder, 'data'), ...env }
  const runAll = (): Promise<Ran[]> => Promise.all(commands.map(run))
  try {
    // The tests' own standard input may never end.
    const isOwn = Object.getOwnPropertyDescriptor(process, 'stdin')?.get === ownStandardInput
    return await (isOwn ? withStandardInput(Readable.from([]), runAll) : runAll())
  } finally {
    process.env = before
  }
}

async function run(argv: readonly string[]): Promise<Ran> {
  const terminal = fakeTerminal()
  const started = performance.now()
  const stopping = new AbortController()
  const code = await runFleet(argv, { terminal, stopping: stopping.signal })
  assert.ok(performance.now() - started < msMax, 'it took too long')
  return { code, output: guarded(terminal.output), errors: guarded(terminal.errors) }
}

/** With this stream as standard input. */
export async function withStandardInput<T>(stream: Readable, work: () => Promise<T>): Promise<T> {
  const own = Object.getOwnPropertyDescriptor(process, 'stdin')
  assert.ok(own !== undefined)
  Object.defineProperty(process, 'stdin', { ...own, get: () => stream })
  try {
    return await work()
  } finally {
    Object.defineProperty(process, 'stdin', own)
  }
}
