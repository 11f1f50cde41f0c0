// Life of a process, or of a service in a worker thread: start, run, and one orderly end whatever the
// reason. Nothing else in the repository listens to signals or ends the process.

import { writeSync } from 'node:fs'
import { isMainThread, parentPort } from 'node:worker_threads'
import type { Worker } from 'node:worker_threads'

import { codeOf, messageOf } from './error.ts'
import { systemClock } from './clock.ts'
import type { Clock } from './clock.ts'

export interface Scope {
  /** Closers run in reverse order, one after the other, when the process ends for whatever reason. */
  onClose(name: string, close: () => Promise<void> | void): void
  /** The process can't go on: it closes and exits 1. Only the first call counts. */
  fail(error: unknown): void
  /** Aborted when closing begins, before the first closer. */
  readonly stopping: AbortSignal
}

/** All closers together, so that the process is gone within ten seconds of the signal. */
const closeMsMax = 9500

/** Starting again changes nothing until somebody corrects a setting, or a file that a setting names. */
const misconfiguredCodes = new Set(['CONFIG', 'POLICIES_INVALID', 'TAXONOMY_INVALID'])

const exitStatuses = { stopped: 0, failed: 1, misconfigured: 2 } as const

/** Signals reach the main thread only; it passes the wish on. */
const stopMessage = 'stop'
const standardErrorFd = 2

/** Asks the service in a worker thread to end as SIGTERM asks a process. */
export function stopThread(worker: Worker): void {
  worker.postMessage(stopMessage)
}

/** The same for a worker process, which may get the signal of its whole process group as well. */
export function stopProcess(worker: { send(message: string): unknown }): void {
  worker.send(stopMessage)
}

type End = { reason: 'signal'; signal: string } | { reason: 'failure'; error: unknown }

/**
 * Runs `start` and then waits for SIGTERM, SIGINT or a failure; ends the process. A second signal ends it
 * at once.
 */
export async function runService(
  name: string,
  start: (scope: Scope) => Promise<void>,
): Promise<void> {
  const closers: Closer[] = []
  const stopping = new AbortController()
  const ended = new Promise<End>(resolve => {
    const fail = (error: unknown): void => resolve({ reason: 'failure', error })
    process.on('uncaughtException', fail)
    process.on('unhandledRejection', fail)
    let wasAsked = false
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (stopping.signal.aborted && !wasAsked) process.exit(exitStatuses.failed)
        wasAsked = false
        resolve({ reason: 'signal', signal })
      })
    }
    const parent = isMainThread ? process : parentPort
    parent?.on('message', (message: unknown) => {
      if (message !== stopMessage) return
      wasAsked = !stopping.signal.aborted
      resolve({ reason: 'signal', signal: stopMessage })
    })
    const scope: Scope = {
      onClose: (closerName, close) => closers.push({ name: closerName, close }),
      fail,
      stopping: stopping.signal,
    }
    start(scope).catch(fail)
  })
  const end = await ended
  if (end.reason === 'failure') writeLine('fatal', name, 'service.failed', end.error)
  stopping.abort()
  const isClean = await closeAll(name, closers, systemClock)
  process.exit(exitStatus(end, isClean))
}

interface Closer {
  readonly name: string
  readonly close: () => Promise<void> | void
}

async function closeAll(service: string, closers: Closer[], clock: Clock): Promise<boolean> {
  let isClean = true
  let current = ''
  const run = async (): Promise<'closed'> => {
    // A closer may be registered while another one runs.
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) {
      current = closer.name
      try {
        await closer.close()
      } catch (error) {
        isClean = false
        writeLine('error', service, `service.close_failed ${closer.name}`, error)
      }
    }
    return 'closed'
  }
  const outcome = await Promise.race([run(), clock.sleep(closeMsMax)])
  if (outcome === 'closed') return isClean
  const message = `still open after ${closeMsMax} ms: ${[current, ...closers.map(({ name }) => name)]}`
  writeLine('error', service, 'service.close_late', new Error(message))
  return false
}

function exitStatus(end: End, isClean: boolean): number {
  if (end.reason === 'signal') return isClean ? exitStatuses.stopped : exitStatuses.failed
  return misconfiguredCodes.has(codeOf(end.error))
    ? exitStatuses.misconfigured
    : exitStatuses.failed
}

/** Written without the logger, which may be what failed, and at once. */
function writeLine(level: string, service: string, event: string, error: unknown): void {
  const code = codeOf(error)
  const stack = code === 'INTERNAL' && error instanceof Error ? { stack: error.stack } : {}
  const time = new Date(systemClock.wallMs()).toISOString()
  const line = { level, time, service, code, msg: `${event}: ${messageOf(error)}`, ...stack }
  // A thread that ends takes what process.stderr holds with it.
  writeSync(standardErrorFd, `${JSON.stringify(line)}\n`)
}
