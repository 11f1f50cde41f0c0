// The `fleet` command as a function, with nothing to reach: every address is a closed port. What it would
// have written to the terminal is kept.

import assert from 'node:assert/strict'
import { join } from 'node:path'
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

export async function runCommand(
  argv: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const before = process.env
  process.env = { ...before, ...nowhere, FLEET_DATA_DIR: join(folder, 'data'), ...env }
  const terminal = fakeTerminal()
  const started = performance.now()
  try {
    const stopping = new AbortController()
    const code = await runFleet(argv, { terminal, stopping: stopping.signal })
    assert.ok(performance.now() - started < msMax, 'it took too long')
    return { code, output: guarded(terminal.output), errors: guarded(terminal.errors) }
  } finally {
    process.env = before
  }
}
