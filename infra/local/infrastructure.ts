// Brings Kafka, the registry and Redis up and down: reuses what runs and answers, starts what does
// not, and refuses a port that somebody else holds. Never touches a process it did not start.

import { systemClock } from '@fleet/runtime'
import { mkdirSync } from 'node:fs'

import type { Component, ComponentName } from './component.ts'
import { kafka } from './kafka.ts'
import { lastLines, logFileOf } from './log-files.ts'
import { commandOf, listenerOn, startTicksOf } from './process-table.ts'
import { end, running, startDetached } from './processes.ts'
import type { Started } from './processes.ts'
import { redis } from './redis.ts'
import { registry } from './registry.ts'
import type { Folders, Ports } from './settings.ts'

const pollMs = 100
// A process of ours that runs but does not answer within this is replaced.
const patienceMs = 30_000

export interface InfrastructurePlan {
  readonly folders: Folders
  readonly ports: Ports
  /** Of the broker's own topics. */
  readonly partitions?: number | undefined
  readonly only: readonly ComponentName[]
}

export const allComponents: readonly ComponentName[] = ['kafka', 'redis', 'registry']

function componentsOf(plan: InfrastructurePlan): Component[] {
  const { folders, ports } = plan
  const all = [
    kafka(folders, ports.kafka, plan.partitions),
    redis(folders, ports.redis),
    registry(folders, ports.registry, ports.kafka),
  ]
  return all.filter(component => plan.only.includes(component.name))
}

export function refuseTakenPort(name: string, port: number, variable: string): void {
  const listener = listenerOn(port)
  if (!listener.taken) return
  const command = listener.pid === null ? '' : commandOf(listener.pid).slice(0, 60)
  const holder = listener.pid === null ? 'another process' : `process ${listener.pid} (${command})`
  throw new Error(
    `port ${port} for ${name} is taken by ${holder}; end that process or set ${variable} to a free port`,
  )
}

async function answersWithin(
  component: Component,
  started: Started,
  withinMs: number,
): Promise<boolean> {
  const until = systemClock.elapsedMs() + withinMs
  while (systemClock.elapsedMs() < until) {
    if (await component.answers()) return true
    if (startTicksOf(started.pid) !== started.startTicks) return false
    await systemClock.sleep(pollMs)
  }
  return false
}

export type Arrival = 'reused' | 'started'

async function reusable(folders: Folders, component: Component): Promise<boolean> {
  const started = running(folders, component.name)
  if (started === null || started.port !== component.port) return false
  return answersWithin(component, started, patienceMs)
}

async function arrive(folders: Folders, component: Component): Promise<Arrival> {
  if (await reusable(folders, component)) return 'reused'
  await end(folders, component.name)
  refuseTakenPort(component.name, component.port, component.portVariable)
  const started = startDetached(folders, await component.prepare())
  if (await answersWithin(component, started, component.startMsMax)) return 'started'
  const log = logFileOf(folders, component.name)
  throw new Error(
    [`${component.name} did not become ready; the end of ${log}:`, ...lastLines(log, 15)].join(
      '\n',
    ),
  )
}

/** Kafka and Redis side by side, then the registry, which keeps its data in Kafka. */
export async function bringUp(
  plan: InfrastructurePlan,
  report: (name: ComponentName, port: number, arrival: Arrival) => void,
): Promise<void> {
  mkdirSync(plan.folders.temporary, { recursive: true })
  const components = componentsOf(plan)
  const bring = async (component: Component): Promise<void> => {
    const arrival = await arrive(plan.folders, component)
    report(component.name, component.port, arrival)
  }
  const first = components.filter(component => component.name !== 'registry')
  const outcomes = await Promise.allSettled(first.map(bring))
  const failed = outcomes.find(outcome => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  for (const component of components.filter(one => one.name === 'registry')) await bring(component)
}

/** The registry and Redis side by side, then Kafka, which the registry still writes to. */
export async function takeDown(
  folders: Folders,
  report: (name: ComponentName, ending: Awaited<ReturnType<typeof end>>) => void,
): Promise<void> {
  const take = async (name: ComponentName): Promise<void> => {
    report(name, await end(folders, name))
  }
  await Promise.all([take('registry'), take('redis')])
  await take('kafka')
}
