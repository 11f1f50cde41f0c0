// Everything a run needs, brought up in a folder of its own and taken down by pid: brokers behind
// proxies, the registry behind a proxy, Redis, topics, schemas and the services.

import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import {
  fetchDistribution,
  foldersOf,
  kafkaClasspath,
  readLocalSettings,
  redis,
  registry,
  repositoryRoot,
} from '../../../infra/local/index.ts'
import { Child } from './child.ts'
import { Cluster } from './cluster.ts'
import { Product } from './product.ts'
import { RegistryProxy } from './registry-proxy.ts'
import { stablePorts } from './stable-ports.ts'
import { until } from './wait.ts'

const run = promisify(execFile)
const dayMs = 86_400_000
export const partitions = 6
export const environmentName = 'faults'
export const endpointId = 'levy-demo'

export interface Keys {
  readonly endpointSecret: string
  readonly provenanceKey: Buffer
  readonly provenanceKeyId: string
}

export class World {
  readonly cluster: Cluster
  readonly product: Product
  readonly registryProxy: RegistryProxy
  readonly redis: Child
  readonly redisPort: number
  readonly redisAnswers: () => Promise<boolean>
  readonly keys: Keys
  readonly jars: string
  readonly endpointsFile: string
  /** The registry itself, not its proxy. */
  readonly registryUrl: string
  readonly environment: Readonly<Record<string, string>>
  readonly #registry: Child

  private constructor(parts: Parts) {
    this.cluster = parts.cluster
    this.product = parts.product
    this.registryProxy = parts.registryProxy
    this.redis = parts.redis.process
    this.redisPort = parts.redis.port
    this.redisAnswers = parts.redis.answers
    this.#registry = parts.registry.process
    this.keys = parts.keys
    this.jars = parts.jars
    this.endpointsFile = parts.endpointsFile
    this.registryUrl = registryUrl(parts.registry.port)
    this.environment = parts.environment
  }

  static async start(dataDir: string, say: (text: string) => void): Promise<World> {
    const started: (() => Promise<unknown> | void)[] = []
    try {
      return await bringUp(dataDir, say, stop => started.push(stop))
    } catch (error) {
      for (const stop of started.toReversed()) await stop()
      throw error
    }
  }

  static of(parts: Parts): World {
    return new World(parts)
  }

  async stop(): Promise<void> {
    await this.product.kill()
    await Promise.all([this.#registry.stop(0), this.redis.stop(0)])
    this.registryProxy.close()
    await this.cluster.stop()
  }
}

interface Part {
  readonly process: Child
  readonly port: number
  readonly answers: () => Promise<boolean>
}

interface Parts {
  readonly cluster: Cluster
  readonly product: Product
  readonly registryProxy: RegistryProxy
  readonly redis: Part
  readonly registry: Part
  readonly keys: Keys
  readonly jars: string
  readonly endpointsFile: string
  readonly environment: Readonly<Record<string, string>>
}

async function bringUp(
  dataDir: string,
  say: (text: string) => void,
  onStarted: (stop: () => Promise<unknown> | void) => void,
): Promise<World> {
  const { dist } = readLocalSettings().folders
  const folders = foldersOf(dataDir, dist)
  mkdirSync(folders.temporary, { recursive: true })
  await fetchDistribution(folders, say)
  const jars = kafkaClasspath(dist)
  const keys = makeKeys(folders.secrets)
  const endpointsFile = writeEndpoints(dataDir)
  say('starting three brokers and Redis')
  const cluster = await Cluster.start(dataDir, dist, jars)
  onStarted(() => cluster.stop())
  const [redisPort = 0, registryPort = 0] = await stablePorts(2)
  const redisPart = await part(redis(folders, redisPort), folders.logs)
  const directPort = cluster.brokers[0]?.directPort ?? 0
  const registryPart = await part(registry(folders, registryPort, directPort), folders.logs)
  onStarted(() => Promise.all([redisPart.process.stop(0), registryPart.process.stop(0)]))
  redisPart.process.start()
  await cluster.answers()
  say('starting the registry, creating topics')
  registryPart.process.start()
  const registryProxy = new RegistryProxy(registryPort)
  const proxiedRegistryPort = await registryProxy.listen()
  onStarted(() => registryProxy.close())
  const environment = {
    TMPDIR: folders.temporary,
    FLEET_ENV: environmentName,
    FLEET_PARTITIONS: String(partitions),
    FLEET_KAFKA_BROKERS: cluster.proxied,
    FLEET_REGISTRY_URL: registryUrl(proxiedRegistryPort),
    FLEET_REDIS_URL: `redis://127.0.0.1:${redisPort}/0`,
    FLEET_ENDPOINTS_FILE: endpointsFile,
    FLEET_PROVENANCE_KEYS_FILE: join(folders.secrets, 'provenance.json'),
    FLEET_INGEST_ADDRESS_PER_SECOND: '1000000',
    FLEET_DATA_DIR: dataDir,
  }
  const direct = {
    ...environment,
    FLEET_KAFKA_BROKERS: cluster.direct,
    FLEET_REGISTRY_URL: registryUrl(registryPort),
  }
  await Promise.all([
    fleet(direct, 'topics', 'apply'),
    until('the registry answers', 120_000, registryPart.answers),
  ])
  await fleet(direct, 'schemas', 'register')
  say('starting the services')
  const product = await Product.plan({ dataDir, environment })
  onStarted(() => product.kill())
  product.start()
  await until('every service is ready', 120_000, async () => {
    const reason = await product.unrest(partitions)
    if (reason !== null) throw new Error(reason)
    return true
  })
  await cluster.classes.keep(cluster.brokers[0]?.process.pid ?? null)
  return World.of({
    cluster,
    product,
    registryProxy,
    redis: redisPart,
    registry: registryPart,
    keys,
    jars,
    endpointsFile,
    environment: direct,
  })
}

function registryUrl(port: number): string {
  return `http://127.0.0.1:${port}/apis/ccompat/v7`
}

type Component = ReturnType<typeof redis>

async function part(component: Component, logs: string): Promise<Part> {
  const { name, command, args, environment, cwd } = await component.prepare()
  const logFile = join(logs, `${name}.log`)
  const plan = { name, command, args: () => args, environment, cwd, logFile, isKept: false }
  return {
    process: new Child(plan),
    port: component.port,
    answers: () => component.answers(),
  }
}

/** The `fleet` command, as a person runs it. @throws Error with what it said */
export async function fleet(
  environment: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<string> {
  const program = join(repositoryRoot, 'packages', 'cli', 'bin', 'fleet.js')
  const { stdout } = await run(process.execPath, [program, ...args], {
    cwd: repositoryRoot,
    env: { ...process.env, ...environment },
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout
}

/** The provenance key may sign from long ago to long after: clocks jump here. */
function makeKeys(folder: string): Keys {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const provenanceKey = randomBytes(32)
  const keys = {
    endpointSecret: randomBytes(32).toString('hex'),
    provenanceKey,
    provenanceKeyId: 'k1',
  }
  const at = (days: number): string => new Date(Date.now() + days * dayMs).toISOString()
  const file = {
    keys: [
      {
        id: keys.provenanceKeyId,
        key_base64: provenanceKey.toString('base64'),
        sign_from: at(-30),
        sign_until: at(30),
        verify_until: at(60),
      },
    ],
  }
  writeFileSync(join(folder, 'provenance.json'), JSON.stringify(file), { mode: 0o600 })
  writeFileSync(join(folder, `${endpointId}.k1`), keys.endpointSecret, { mode: 0o600 })
  return keys
}

function writeEndpoints(dataDir: string): string {
  const all = JSON.parse(
    readFileSync(join(repositoryRoot, 'infra', 'local', 'endpoints.json'), 'utf8'),
  ) as { version: number; endpoints: { id: string }[] }
  const endpoints = all.endpoints.filter(({ id }) => id === endpointId)
  const file = join(dataDir, 'endpoints.json')
  writeFileSync(file, JSON.stringify({ version: all.version, endpoints }))
  return file
}
