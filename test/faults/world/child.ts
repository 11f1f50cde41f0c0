// One process of the run: started, frozen, killed and started again by its pid. What ends without being
// told to is remembered and, for services, started again as a supervisor would.

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'

import { systemClock } from '@fleet/runtime'

export interface ChildPlan {
  readonly name: string
  readonly command: string
  /** Asked at each start. */
  readonly args: () => readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly cwd: string
  readonly logFile: string
  /** Started again when it ends by itself or is killed. */
  readonly isKept: boolean
}

export interface Ending {
  readonly how: string
  /** By a signal of ours, or by itself. */
  readonly isOurs: boolean
}

const restartPauseMs = 300
const setpriv = '/usr/bin/setpriv'

/** Where Linux lets us, a process ends with the harness, even one that was killed itself. */
function bound(command: string, args: readonly string[]): [string, readonly string[]] {
  if (!existsSync(setpriv)) return [command, args]
  return [setpriv, ['--pdeathsig', 'KILL', command, ...args]]
}

export class Child {
  readonly plan: ChildPlan
  readonly endings: Ending[] = []
  starts = 0
  /** By SIGKILL, as a fault. */
  kills = 0
  #process: ChildProcess | null = null
  #isWanted = false
  #isFrozen = false
  #expected = false
  #gone: Promise<void> = Promise.resolve()
  #cancelRestart = (): void => {}

  constructor(plan: ChildPlan) {
    this.plan = plan
  }

  get isRunning(): boolean {
    return this.#process !== null
  }

  get isFrozen(): boolean {
    return this.#isFrozen
  }

  get pid(): number | null {
    return this.#process?.pid ?? null
  }

  start(): void {
    this.#isWanted = true
    this.#cancelRestart()
    if (this.#process !== null) return
    const { command, args, cwd, environment, logFile } = this.plan
    mkdirSync(dirname(logFile), { recursive: true })
    const log = openSync(logFile, 'a')
    const child = spawn(...bound(command, args()), {
      cwd,
      env: { ...process.env, ...environment },
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    this.starts++
    this.#expected = false
    this.#isFrozen = false
    this.#process = child
    this.#gone = new Promise(resolve => {
      const ended = (how: string): void => {
        if (this.#process !== child) return
        this.#process = null
        this.endings.push({ how, isOurs: this.#expected })
        resolve()
        if (!this.#isWanted || !this.plan.isKept) return
        this.#cancelRestart = systemClock.after(restartPauseMs, () => this.start())
      }
      child.on('error', error => ended(error.message))
      child.on('exit', (code, signal) => ended(signal ?? `exit ${code ?? '?'}`))
    })
  }

  /** kill -9; a kept process comes back by itself. */
  async kill(): Promise<void> {
    this.#expected = true
    if (this.#process?.kill('SIGKILL') === true) this.kills++
    await this.#gone
  }

  freeze(): void {
    this.#isFrozen = this.#process?.kill('SIGSTOP') ?? false
  }

  thaw(): void {
    this.#process?.kill('SIGCONT')
    this.#isFrozen = false
  }

  /** SIGTERM; a kept process comes back by itself. */
  async restart(graceMs: number): Promise<void> {
    this.#expected = true
    this.#process?.kill('SIGTERM')
    await this.#within(graceMs)
  }

  /** Ends it for good. */
  async stop(graceMs: number): Promise<void> {
    this.#isWanted = false
    this.#cancelRestart()
    if (this.#process === null) return
    this.thaw()
    await this.restart(graceMs)
  }

  /** Resolves when the running process has ended by itself; false when it did not in time. */
  async endsWithin(ms: number): Promise<boolean> {
    await Promise.race([this.#gone, systemClock.sleep(ms)])
    return this.#process === null
  }

  async #within(graceMs: number): Promise<void> {
    const running = this.#process
    await Promise.race([this.#gone, systemClock.sleep(graceMs)])
    if (running !== null && this.#process === running) {
      running.kill('SIGKILL')
      await this.#gone
    }
  }
}
