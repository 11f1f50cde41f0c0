// How each service of the project is started on this machine and where it says that it is ready.

import { join } from 'node:path'

import { healthServices, portVariableOf } from '@fleet/config'
import type { PlatformSettings } from '@fleet/config'

import type { ProcessPlan } from './processes.ts'
import { buildPrograms, nodeArguments } from './programs.ts'
import { repositoryRoot } from './settings.ts'
import type { LocalSettings } from './settings.ts'

export type ServicePlan = ProcessPlan & ServiceAddress

export interface ServiceAddress {
  readonly name: string
  readonly port: number
  /** Moves the port; for the message when somebody else holds it. */
  readonly portVariable: string
}

/** Every service of the project, in the order a record passes them. */
export function serviceAddresses(platform: PlatformSettings): ServiceAddress[] {
  const { ingestPort, apiPort, healthPorts } = platform
  const row = (name: string, port: number, portVariable: string) => ({ name, port, portVariable })
  return [
    row('ingester', ingestPort, 'FLEET_INGEST_PORT'),
    ...healthServices.map(name => row(name, healthPorts[name], portVariableOf(name))),
    row('api', apiPort, 'FLEET_API_PORT'),
  ]
}

/**
 * Why: docs/decisions/0007-threads-and-batches.md. docker-compose.yml says the second alone, since
 * NODE_OPTIONS does not take the others.
 */
export const processorNodeOptions: readonly string[] = [
  '--min-semi-space-size=64',
  '--max-semi-space-size=64',
  '--initial-old-space-size=384',
]

/** Why: docs/performance.md, the edge. docker-compose.yml says the same. */
export const ingesterNodeOptions: readonly string[] = ['--max-semi-space-size=32']

const nodeOptions: Readonly<Record<string, readonly string[]>> = {
  ingester: ingesterNodeOptions,
  processor: processorNodeOptions,
}

function entryOf(name: string): string {
  return join('services', name, 'src', 'main.ts')
}

/** `programs`: see builtServices. */
export function servicePlans(
  settings: LocalSettings,
  programs: Readonly<Record<string, string>>,
): ServicePlan[] {
  return serviceAddresses(settings.platform).map(address => ({
    ...address,
    command: process.execPath,
    args: [...(nodeOptions[address.name] ?? []), ...nodeArguments(programs[address.name] ?? '')],
    environment: { TMPDIR: settings.folders.temporary },
    cwd: repositoryRoot,
  }))
}

/** Builds every service from the present sources; resolves with the paths of their programs. */
export function builtServices(): Promise<Record<string, string>> {
  const names = ['ingester', ...healthServices, 'api']
  return buildPrograms(
    Object.fromEntries(names.map(name => [name, join(repositoryRoot, entryOf(name))])),
  )
}
