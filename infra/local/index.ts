// The door for integration tests: a whole infrastructure on ports of their own, beside a running one.

import type { ComponentName } from './component.ts'
import { fetchDistribution } from './distribution.ts'
import { allComponents, bringUp, takeDown } from './infrastructure.ts'
import { foldersOf, readLocalSettings } from './settings.ts'

export { fetchDistribution, kafkaClasspath } from './distribution.ts'
export { brokerSettings, format as formatKafka, javaArguments } from './kafka.ts'
export { brokerAnswers } from './kafka-probe.ts'
export { freePorts, portIsFree } from './ports.ts'
export { redis } from './redis.ts'
export { registry } from './registry.ts'
export { foldersOf, readLocalSettings, repositoryRoot } from './settings.ts'
export type { Folders } from './settings.ts'

export interface InfrastructureOptions {
  readonly dataDir: string
  readonly kafkaPort: number
  readonly registryPort: number
  readonly redisPort: number
  /** Of the broker's own topics (offsets, transactions). */
  readonly partitions?: number
  readonly only?: readonly ComponentName[]
}

export interface RunningInfrastructure {
  readonly brokers: string[]
  readonly registryUrl: string
  readonly redisUrl: string
  stop(): Promise<void>
}

/**
 * Starts (or reuses) it in `dataDir`. Programs come from FLEET_DIST_DIR, else from the default data
 * folder's, so that nothing is fetched twice.
 */
export async function startInfrastructure(
  options: InfrastructureOptions,
): Promise<RunningInfrastructure> {
  const folders = foldersOf(options.dataDir, readLocalSettings().folders.dist)
  await fetchDistribution(folders, () => {})
  const { kafkaPort, registryPort, redisPort } = options
  const plan = {
    folders,
    ports: { kafka: kafkaPort, registry: registryPort, redis: redisPort },
    partitions: options.partitions,
    only: options.only ?? allComponents,
  }
  await bringUp(plan, () => {})
  return {
    brokers: [`127.0.0.1:${kafkaPort}`],
    registryUrl: `http://127.0.0.1:${registryPort}/apis/ccompat/v7`,
    redisUrl: `redis://127.0.0.1:${redisPort}/0`,
    stop: () => takeDown(folders, () => {}),
  }
}
