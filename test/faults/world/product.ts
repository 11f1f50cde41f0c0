// Every service of the product as real processes, several instances of each, and what they say of
// themselves: ready, lag, partitions owned. Each instance has a data folder of its own.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { stageNames } from '@fleet/contracts'

import { repositoryRoot } from '../../../infra/local/index.ts'
import { nodeArguments } from '../../../infra/local/programs.ts'
import { builtServices } from '../../../infra/local/service-plans.ts'
import { Child } from './child.ts'
import { stablePorts } from './stable-ports.ts'

const clockShift = fileURLToPath(new URL('clock-shift.mjs', import.meta.url))

/** How many of each run. */
const instances = {
  ingester: 2,
  processor: 2,
  'crm-sink': 2,
  'accounting-sink': 2,
  'alerting-sink': 2,
  automation: 2,
  // It reads every partition in one process.
  projector: 1,
  api: 1,
} as const
export type ServiceName = keyof typeof instances

const portVariables: Record<ServiceName, string> = {
  ingester: 'FLEET_INGEST_PORT',
  processor: 'FLEET_PROCESSOR_PORT',
  'crm-sink': 'FLEET_CRM_SINK_PORT',
  'accounting-sink': 'FLEET_ACCOUNTING_SINK_PORT',
  'alerting-sink': 'FLEET_ALERTING_SINK_PORT',
  automation: 'FLEET_AUTOMATION_PORT',
  projector: 'FLEET_PROJECTOR_PORT',
  api: 'FLEET_API_PORT',
}

export interface Instance {
  readonly service: ServiceName
  readonly name: string
  readonly process: Child
  readonly port: number
  readonly dataDir: string
  readonly logFile: string
}

export interface ProductSettings {
  readonly dataDir: string
  readonly environment: Readonly<Record<string, string>>
}

export class Product {
  readonly instances: readonly Instance[]

  private constructor(list: readonly Instance[]) {
    this.instances = list
  }

  static async plan(settings: ProductSettings): Promise<Product> {
    const names = Object.entries(instances) as [ServiceName, number][]
    const wanted = names.flatMap(([service, count]) =>
      Array.from({ length: count }, (_, index) => ({ service, name: `${service}-${index + 1}` })),
    )
    const ports = await stablePorts(wanted.length)
    // Built ones: a killed process is back with a third of the CPU.
    const programs = await builtServices()
    return new Product(
      wanted.map(({ service, name }, index) =>
        instance(settings, { service, name, program: programs[service] ?? '' }, ports[index] ?? 0),
      ),
    )
  }

  of(service: ServiceName): Instance[] {
    return this.instances.filter(one => one.service === service)
  }

  start(): void {
    for (const { process } of this.instances) process.start()
  }

  /** Why the product is not at rest: not ready, partitions unowned, records unread. Null: it is. */
  async unrest(partitions: number): Promise<string | null> {
    const reasons = await Promise.all(this.instances.map(notReady))
    const found = reasons.find(reason => reason !== null)
    if (found !== undefined && found !== null) return found
    const pages = await Promise.all(this.instances.map(({ port }) => metrics(port)))
    for (const stage of [...stageNames, 'projector']) {
      const owned = sum(pages, 'fleet_stage_tasks', stage)
      if (owned !== partitions) return `${stage}: ${owned} of ${partitions} partitions owned`
      const unread = sum(pages, 'fleet_stage_lag_unknown', stage)
      if (unread > 0) return `${stage}: ${unread} partitions not read`
      const lag = sum(pages, 'fleet_stage_lag', stage)
      if (lag > 0) return `${stage}: ${lag} records behind`
    }
    return null
  }

  /** Records not yet processed by a stage; null while not every partition has an owner that reads it. */
  async lagOf(stage: ServiceName, partitions: number): Promise<number | null> {
    const pages = await Promise.all(this.of(stage).map(one => metrics(one.port).catch(() => '')))
    const read =
      sum(pages, 'fleet_stage_tasks', stage) - sum(pages, 'fleet_stage_lag_unknown', stage)
    const isWhole = read === partitions
    return isWhole ? sum(pages, 'fleet_stage_lag', stage) : null
  }

  /** What an instance says of a partition whose memory it does not trust. Null: all are trusted. */
  async refusal(): Promise<string | null> {
    const reasons = await Promise.all(this.instances.map(notReady))
    return reasons.find(reason => reason?.includes(' refused: ') === true) ?? null
  }

  /** Processes that ended without being told to, and how. */
  ownEndings(): string[] {
    return this.instances.flatMap(({ name, process }) =>
      process.endings.filter(({ isOurs }) => !isOurs).map(({ how }) => `${name} ${how}`),
    )
  }

  kill(): Promise<unknown> {
    return Promise.all(this.instances.map(({ process }) => process.stop(0)))
  }
}

function instance(
  { dataDir, environment }: ProductSettings,
  { service, name, program }: { service: ServiceName; name: string; program: string },
  port: number,
): Instance {
  const own = join(dataDir, 'instances', name)
  mkdirSync(own, { recursive: true })
  symlinkSync(join(dataDir, 'secrets'), join(own, 'secrets'))
  const logFile = join(dataDir, 'logs', `${name}.log`)
  const process_ = new Child({
    name,
    command: process.execPath,
    args: () => nodeArguments(program),
    environment: {
      ...environment,
      FLEET_DATA_DIR: own,
      [portVariables[service]]: String(port),
      FAULTS_CLOCK_FILE: join(own, 'clock'),
      NODE_OPTIONS: `--import=${clockShift}`,
    },
    cwd: repositoryRoot,
    logFile,
    isKept: true,
  })
  return { service, name, process: process_, port, dataDir: own, logFile }
}

/** Moves the wall clock of an instance; 0 puts it right. */
export function shiftClock({ dataDir }: Instance, shiftMs: number): void {
  writeFileSync(join(dataDir, 'clock'), String(shiftMs))
}

export async function notReady({ name, port }: Instance): Promise<string | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/ready`, {
      signal: AbortSignal.timeout(2000),
    })
    const text = await response.text()
    return response.status === 200 ? null : `${name}: ${text.slice(0, 400)}`
  } catch {
    return `${name} does not answer`
  }
}

async function metrics(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, {
    signal: AbortSignal.timeout(2000),
  })
  return response.text()
}

function sum(pages: readonly string[], metric: string, stage: string): number {
  let total = 0
  for (const page of pages) {
    for (const line of page.split('\n')) {
      if (!line.startsWith(`${metric}{`) || !line.includes(`stage="${stage}"`)) continue
      total += Number(line.slice(line.lastIndexOf('}') + 2).split(' ')[0])
    }
  }
  return total
}
