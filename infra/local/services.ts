// Starts the services under their supervisor and waits until every one says it is ready; ends them.

import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'

import { systemClock } from '@fleet/runtime'

import { refuseTakenPort } from './infrastructure.ts'
import { lastLines, logFileOf } from './log-files.ts'
import { end, running, startDetached } from './processes.ts'
import type { Ending } from './processes.ts'
import { builtServices, serviceAddresses } from './service-plans.ts'
import type { ServiceAddress } from './service-plans.ts'
import { repositoryRoot } from './settings.ts'
import type { LocalSettings } from './settings.ts'

const readyMsMax = 60_000
const pollMs = 150
const supervisor = 'supervisor'
// The supervisor itself gives its services ten seconds.
const supervisorGraceMs = 12_000

/** Tells two sets of settings apart, so that services started with others are not taken for these. */
function settingsMark(): string {
  const own = Object.entries(process.env).filter(([name]) => name.startsWith('FLEET_'))
  own.sort(([left], [right]) => (left < right ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(own)).digest('hex').slice(0, 16)
}

/** What /ready says: null is ready, a text is why not. */
export async function notReady(host: string, port: number): Promise<string | null> {
  const address = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  try {
    const response = await fetch(`http://${address}:${port}/ready`, {
      signal: AbortSignal.timeout(2_000),
    })
    const text = await response.text()
    return response.status === 200 ? null : reasonsIn(text).slice(0, 300)
  } catch {
    return 'does not answer'
  }
}

/** The checks of a /ready answer that are not ok; any other answer as it is. */
function reasonsIn(text: string): string {
  try {
    const { checks } = JSON.parse(text) as { checks: Record<string, unknown> }
    const failed = Object.entries(checks).filter(([, state]) => state !== 'ok')
    return failed.map(([check, state]) => `${check}: ${String(state)}`).join('; ')
  } catch {
    return text
  }
}

export type ServiceReport = (name: string, port: number) => void

async function waitReady(
  settings: LocalSettings,
  plan: ServiceAddress,
  report: ServiceReport,
): Promise<string | null> {
  const until = systemClock.elapsedMs() + readyMsMax
  let reason = await notReady(settings.platform.host, plan.port)
  while (reason !== null && systemClock.elapsedMs() < until) {
    await systemClock.sleep(pollMs)
    reason = await notReady(settings.platform.host, plan.port)
  }
  if (reason === null) {
    report(plan.name, plan.port)
    return null
  }
  const log = logFileOf(settings.folders, plan.name)
  const end = lastLines(log, 3).map(line => `  ${readable(line)}`)
  return [`${plan.name} is not ready: ${reason}; the end of ${log}:`, ...end].join('\n')
}

/** The message of a JSON log line; other lines as they are. */
function readable(line: string): string {
  const message = /"msg":("(?:[^"\\]|\\.)*")/.exec(line)?.[1]
  return message === undefined ? line.slice(0, 200) : String(JSON.parse(message)).slice(0, 200)
}

async function startSupervisor(settings: LocalSettings): Promise<void> {
  const { folders } = settings
  refuseTakenServicePorts(settings)
  // The supervisor does it again, for nothing: what can't be built is to be said here.
  await builtServices()
  mkdirSync(folders.temporary, { recursive: true })
  startDetached(folders, {
    name: supervisor,
    command: process.execPath,
    args: ['--import', 'tsx', 'infra/local/supervise.ts'],
    environment: { FLEET_DATA_DIR: folders.data, TMPDIR: folders.temporary },
    cwd: repositoryRoot,
    port: null,
    mark: settingsMark(),
  })
}

/** True when a supervisor with these settings runs already. */
function supervised(settings: LocalSettings): boolean {
  const started = running(settings.folders, supervisor)
  return started !== null && started.mark === settingsMark()
}

/** Says so before anything is started, when a foreign process holds the port of a service. */
export function refuseTakenServicePorts(settings: LocalSettings): void {
  if (running(settings.folders, supervisor) !== null) return
  for (const plan of serviceAddresses(settings.platform)) {
    // A service may have outlived its supervisor; it is ours, and startServices ends it.
    if (running(settings.folders, plan.name) !== null) continue
    refuseTakenPort(plan.name, plan.port, plan.portVariable)
  }
}

export async function startServices(
  settings: LocalSettings,
  report: ServiceReport,
): Promise<'reused' | 'started'> {
  const plans = serviceAddresses(settings.platform)
  const reused = supervised(settings)
  if (!reused) {
    await stopServices(settings, () => {})
    await startSupervisor(settings)
  }
  const problems = await Promise.all(plans.map(plan => waitReady(settings, plan, report)))
  const found = problems.filter(problem => problem !== null)
  if (found.length > 0) throw new Error(found.join('\n'))
  return reused ? 'reused' : 'started'
}

/** The supervisor ends its services; what outlived a killed supervisor is ended by its own pid file. */
export async function stopServices(
  settings: LocalSettings,
  report: (name: string, ending: Ending) => void,
): Promise<void> {
  const names = serviceAddresses(settings.platform).map(({ name }) => name)
  const before = names.filter(name => running(settings.folders, name) !== null)
  await end(settings.folders, supervisor, supervisorGraceMs)
  await Promise.all(
    before.map(async name => {
      const ending = await end(settings.folders, name)
      report(name, ending === 'not running' ? 'ended' : ending)
    }),
  )
}
