// The one process that keeps the services running: starts them, starts one that ended again after a
// pause that grows, cuts logs that grew too large, and ends them all on SIGTERM. It knows nothing of
// what they do and never ends a process it did not start.

import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'

import { systemClock } from '@fleet/runtime'

import { cutLargeLog, keepPreviousLog, logFileOf } from './log-files.ts'
import { forget, namesWithPidFile, recordStarted } from './processes.ts'
import { builtServices, servicePlans } from './service-plans.ts'
import type { ServicePlan } from './service-plans.ts'
import { readLocalSettings } from './settings.ts'

const pauseMsMin = 500
const pauseMsMax = 15_000
// Whoever ran this long had started well: the next pause is the short one again.
const healthyMs = 30_000
const stopGraceMs = 10_000
const logWatchMs = 30_000

const settings = readLocalSettings()
const { folders } = settings
const stopping = new AbortController()

function say(text: string): void {
  process.stdout.write(`${new Date(systemClock.wallMs()).toISOString()} ${text}\n`)
}

/** Runs it once; resolves with how it ended. */
function runOnce(plan: ServicePlan): Promise<string> {
  const output = openSync(logFileOf(folders, plan.name), 'a')
  const child = spawn(plan.command, plan.args, {
    cwd: plan.cwd,
    env: { ...process.env, ...plan.environment },
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  if (child.pid !== undefined) recordStarted(folders, plan, child.pid)
  return new Promise(resolve => {
    let cancelKill = (): void => {}
    const stop = (): void => {
      child.kill('SIGTERM')
      cancelKill = systemClock.after(stopGraceMs, () => child.kill('SIGKILL'))
    }
    const finish = (how: string): void => {
      cancelKill()
      stopping.signal.removeEventListener('abort', stop)
      forget(folders, plan.name)
      resolve(how)
    }
    stopping.signal.addEventListener('abort', stop)
    child.on('error', error => finish(error.message))
    child.on('exit', (code, signal) => finish(signal ?? `exit ${code ?? '?'}`))
  })
}

async function keepRunning(plan: ServicePlan): Promise<void> {
  keepPreviousLog(folders, plan.name)
  let pauseMs = pauseMsMin
  while (!stopping.signal.aborted) {
    const startedMs = systemClock.elapsedMs()
    const how = await runOnce(plan)
    if (stopping.signal.aborted) {
      say(`${plan.name} ended (${how})`)
      return
    }
    if (systemClock.elapsedMs() - startedMs > healthyMs) pauseMs = pauseMsMin
    say(`${plan.name} ended by itself (${how}); starting it again in ${pauseMs} ms`)
    await systemClock.sleep(pauseMs, stopping.signal)
    pauseMs = Math.min(pauseMs * 2, pauseMsMax)
  }
}

async function watchLogs(): Promise<void> {
  while (!stopping.signal.aborted) {
    await systemClock.sleep(logWatchMs, stopping.signal)
    for (const name of namesWithPidFile(folders)) cutLargeLog(folders, name)
  }
}

for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.on(name, () => stopping.abort())
}
const plans = servicePlans(settings, await builtServices())
say(`starting ${plans.map(plan => plan.name).join(', ')}`)
await Promise.all([watchLogs(), ...plans.map(keepRunning)])
