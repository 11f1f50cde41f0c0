// Starts detached processes, remembers them in pid files and ends them. It never ends a process it
// did not start: a pid file holds the start time too, so a pid that was given out again is not ours.

import { spawn } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

import { systemClock } from '@fleet/runtime'

import { keepPreviousLog, logFileOf } from './log-files.ts'
import { startTicksOf } from './process-table.ts'
import type { Folders } from './settings.ts'

export interface ProcessPlan {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly cwd: string
  readonly port: number | null
  /** Kept in the pid file, to recognize a process that was started with other settings. */
  readonly mark?: string
}

export interface Started {
  readonly name: string
  readonly pid: number
  readonly startTicks: number
  readonly port: number | null
  readonly mark: string | null
}

const pollMs = 50

function pidFileOf(folders: Folders, name: string): string {
  return join(folders.pids, `${name}.json`)
}

/** Written beside and renamed, so that a reader never sees half a file. */
export function recordStarted(
  folders: Folders,
  plan: Pick<ProcessPlan, 'name' | 'port' | 'mark'>,
  pid: number,
): Started | null {
  const startTicks = startTicksOf(pid)
  if (startTicks === null) return null
  const { name, port, mark = null } = plan
  const started: Started = { name, pid, startTicks, port, mark }
  const path = pidFileOf(folders, name)
  mkdirSync(folders.pids, { recursive: true })
  writeFileSync(`${path}.new`, `${JSON.stringify(started)}\n`)
  renameSync(`${path}.new`, path)
  return started
}

export function forget(folders: Folders, name: string): void {
  rmSync(pidFileOf(folders, name), { force: true })
}

/** What the pid file says, if that very process still lives. */
export function running(folders: Folders, name: string): Started | null {
  try {
    const started = JSON.parse(readFileSync(pidFileOf(folders, name), 'utf8')) as Started
    return startTicksOf(started.pid) === started.startTicks ? started : null
  } catch {
    return null
  }
}

export function namesWithPidFile(folders: Folders): string[] {
  try {
    return readdirSync(folders.pids)
      .filter(file => file.endsWith('.json'))
      .map(file => file.slice(0, -'.json'.length))
  } catch {
    return []
  }
}

/** Starts a process that outlives this one; its output goes to its log file. */
export function startDetached(folders: Folders, plan: ProcessPlan): Started {
  keepPreviousLog(folders, plan.name)
  const output = openSync(logFileOf(folders, plan.name), 'a')
  try {
    const child = spawn(plan.command, plan.args, {
      cwd: plan.cwd,
      env: { ...process.env, ...plan.environment },
      detached: true,
      stdio: ['ignore', output, output],
    })
    child.on('error', () => {}) // reported below: a process that did not start has no pid
    child.unref()
    const started = child.pid === undefined ? null : recordStarted(folders, plan, child.pid)
    if (started === null)
      throw new Error(
        `${plan.name}: cannot start ${plan.command}; is it installed and on the PATH?`,
      )
    return started
  } finally {
    closeSync(output)
  }
}

async function gone(started: Started, withinMs: number): Promise<boolean> {
  const until = systemClock.elapsedMs() + withinMs
  while (startTicksOf(started.pid) === started.startTicks) {
    if (systemClock.elapsedMs() > until) return false
    await systemClock.sleep(pollMs)
  }
  return true
}

function signal(started: Started, name: 'SIGTERM' | 'SIGKILL'): void {
  if (startTicksOf(started.pid) !== started.startTicks) return
  try {
    process.kill(started.pid, name)
  } catch {
    // it ended between the look and the signal
  }
}

export type Ending = 'not running' | 'ended' | 'killed'

/** SIGTERM, then SIGKILL after the grace period. The pid file goes last. */
export async function end(folders: Folders, name: string, graceMs = 10_000): Promise<Ending> {
  const started = running(folders, name)
  if (started === null) {
    forget(folders, name)
    return 'not running'
  }
  signal(started, 'SIGTERM')
  if (!(await gone(started, graceMs))) {
    signal(started, 'SIGKILL')
    await gone(started, 5_000)
    forget(folders, name)
    return 'killed'
  }
  forget(folders, name)
  return 'ended'
}
