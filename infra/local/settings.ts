// The platform's settings as the local runtime uses them: where its folders are and on which ports it
// starts Kafka, the registry and Redis. Nothing outside the data folder is ever written.

import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { platformSettings } from '@fleet/config'
import type { PlatformSettings } from '@fleet/config'

export const repositoryRoot = resolve(fileURLToPath(new URL('../..', import.meta.url)))

export interface Folders {
  readonly data: string
  /** Downloaded programs, keyed by version: kept by `make reset`, may serve several data folders. */
  readonly dist: string
  readonly kafka: string
  readonly registry: string
  readonly redis: string
  readonly pids: string
  readonly logs: string
  readonly secrets: string
  /** Schema ids the services keep; worthless without the registry they came from. */
  readonly schemas: string
  readonly temporary: string
}

export interface Ports {
  readonly kafka: number
  readonly registry: number
  readonly redis: number
}

export interface LocalSettings {
  readonly platform: PlatformSettings
  readonly folders: Folders
}

type Environment = Readonly<Record<string, string | undefined>>

export function foldersOf(dataDir: string, distDir?: string): Folders {
  return {
    data: dataDir,
    dist: distDir ?? join(dataDir, 'dist'),
    kafka: join(dataDir, 'kafka'),
    registry: join(dataDir, 'registry'),
    redis: join(dataDir, 'redis'),
    pids: join(dataDir, 'pids'),
    logs: join(dataDir, 'logs'),
    secrets: join(dataDir, 'secrets'),
    schemas: join(dataDir, 'schemas'),
    temporary: join(dataDir, 'tmp'),
  }
}

interface Address {
  readonly variable: string
  readonly hostname: string
  readonly port: number
}

/**
 * The port something is started on: that of its address, which must be on this machine and must not
 * contradict a port given beside it. Otherwise services would look where nothing runs.
 */
function localPort(environment: Environment, portVariable: string, address: Address): number {
  const { variable, hostname, port } = address
  if (!['127.0.0.1', 'localhost'].includes(hostname)) {
    throw new Error(`${variable} is not on this machine; unset it, \`make up\` starts its own`)
  }
  const given = environment[portVariable] ?? ''
  if (given === '' || Number(given) === port) return port
  throw new Error(
    `${variable} names port ${port}, ${portVariable} says ${given}; unset one of them`,
  )
}

function urlAddress(variable: string, url: string): Address {
  const { hostname, port } = new URL(url)
  return { variable, hostname, port: Number(port) }
}

/** The ports to start on. Refuses addresses of another machine: these are not `make up`'s to start. */
export function localPorts(
  platform: PlatformSettings,
  environment: Environment = process.env,
): Ports {
  const { protocol } = platform.kafkaSecurity
  if (protocol !== 'plaintext') {
    const what = `FLEET_KAFKA_SECURITY is ${protocol}, and \`make up\` starts a Kafka without security`
    throw new Error(`${what}; unset it here`)
  }
  const brokers = urlAddress('FLEET_KAFKA_BROKERS', `kafka://${platform.kafkaBrokers.join(',')}`)
  const registry = urlAddress('FLEET_REGISTRY_URL', platform.registryUrl)
  const redis = urlAddress('FLEET_REDIS_URL', platform.redisUrl)
  return {
    kafka: localPort(environment, 'FLEET_KAFKA_PORT', brokers),
    registry: localPort(environment, 'FLEET_REGISTRY_PORT', registry),
    redis: localPort(environment, 'FLEET_REDIS_PORT', redis),
  }
}

export function readLocalSettings(environment: Environment = process.env): LocalSettings {
  const platform = platformSettings(environment)
  return { platform, folders: foldersOf(platform.dataDir, distDir(environment)) }
}

function distDir(environment: Environment): string | undefined {
  const value = environment['FLEET_DIST_DIR'] ?? ''
  return value === '' ? undefined : resolve(value)
}
