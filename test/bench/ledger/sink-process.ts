// The accounting-sink as it runs in production, in a process of its own that can be killed.

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'

import { freePorts } from '../../../infra/local/index.ts'
import { repositoryRoot } from '../../../infra/local/settings.ts'

export type Environment = Readonly<Record<string, string>>

export interface SinkSetting {
  readonly environment: Environment
  readonly dataDir: string
}

export class SinkProcess {
  readonly #child: ChildProcess
  readonly #port: number
  readonly #exited: Promise<unknown>

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.#port = port
    this.#exited = once(child, 'exit')
  }

  static async start({ environment, dataDir }: SinkSetting): Promise<SinkProcess> {
    const [port = 0] = await freePorts(1)
    const program = join(repositoryRoot, 'services', 'accounting-sink', 'src', 'main.ts')
    const child = spawn(process.execPath, ['--import', 'tsx', program], {
      cwd: repositoryRoot,
      env: { ...process.env, ...environment, FLEET_ACCOUNTING_SINK_PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    // A run that fails leaves nobody behind.
    process.once('exit', () => child.kill('SIGKILL'))
    const log = createWriteStream(join(dataDir, 'accounting-sink.log'), { flags: 'a' })
    child.stdout.pipe(log, { end: false })
    child.stderr.pipe(log, { end: false })
    return new SinkProcess(child, port)
  }

  /** Nothing is finished, nothing is said. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#exited
  }

  /** Events this process has decided and committed, and how many wait; null while it starts. */
  async progress(): Promise<{ decided: number; lag: number } | null> {
    if (this.#child.exitCode !== null) {
      throw new Error(`the accounting-sink ended with ${this.#child.exitCode}; see its log`)
    }
    try {
      const ready = await fetch(`http://127.0.0.1:${this.#port}/ready`)
      const text = await (await fetch(`http://127.0.0.1:${this.#port}/metrics`)).text()
      if (!ready.ok) return null
      return {
        decided: sumOf(text, 'fleet_stage_records_total'),
        lag: sumOf(text, 'fleet_stage_lag'),
      }
    } catch {
      return null
    }
  }
}

function sumOf(metrics: string, name: string): number {
  return [...metrics.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'gm'))].reduce(
    (sum, [, value]) => sum + Number(value),
    0,
  )
}
