// Ingesters as in production, each a process with its workers, on a Kafka of the run's own; and what their
// memory is.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { ingesterNodeOptions } from '../../../../infra/local/service-plans.ts'
import { repositoryRoot } from '../../../../infra/local/settings.ts'
import { Child } from '../../../faults/world/child.ts'
import { until } from '../../../faults/world/wait.ts'
import { provenanceKeysText } from '../../process/load.ts'
import { endpointId, secret, signatureHeader } from './deliveries.ts'

const probe = fileURLToPath(new URL('memory-probe.mjs', import.meta.url))
const readyMsMax = 120_000
const stopMsMax = 15_000

export interface EdgePlan {
  readonly dataDir: string
  readonly brokers: string
  readonly registryUrl: string
  readonly partitions: number
  readonly port: number
  readonly name?: string
  readonly environment?: Readonly<Record<string, string>>
}

export interface Memory {
  readonly rssMb: number
  /** Used of V8's heaps. */
  readonly heapMb: number
  /** What is not V8's heaps, used or not: buffers, sockets, the programs themselves. */
  readonly outsideMb: number
}

export class Edge {
  readonly process: Child
  readonly port: number
  readonly #probeDir: string

  constructor(plan: EdgePlan) {
    const { name = 'ingester', port } = plan
    this.port = port
    const own = join(plan.dataDir, name)
    this.#probeDir = join(own, 'memory')
    const secrets = join(own, 'secrets')
    for (const folder of [secrets, this.#probeDir]) mkdirSync(folder, { recursive: true })
    writeFileSync(join(secrets, 'provenance.json'), provenanceKeysText)
    writeFileSync(join(secrets, `${endpointId}.k1`), secret)
    const endpointsFile = join(own, 'endpoints.json')
    writeFileSync(endpointsFile, JSON.stringify({ version: 1, endpoints: [endpoint] }))
    const probing = ['--import', probe]
    this.process = new Child({
      name,
      command: process.execPath,
      args: () => [
        ...ingesterNodeOptions,
        ...probing,
        '--import',
        'tsx',
        join('services', 'ingester', 'src', 'main.ts'),
      ],
      environment: {
        FLEET_DATA_DIR: own,
        FLEET_KAFKA_BROKERS: plan.brokers,
        FLEET_REGISTRY_URL: plan.registryUrl,
        FLEET_ENDPOINTS_FILE: endpointsFile,
        FLEET_PARTITIONS: String(plan.partitions),
        FLEET_INGEST_PORT: String(port),
        FLEET_LOG_LEVEL: process.env['FLEET_LOG_LEVEL'] ?? 'error',
        // All connections come from one address.
        FLEET_INGEST_ADDRESS_PER_SECOND: '1000000',
        FLEET_INGEST_ADDRESS_CONNECTIONS: '100000',
        MEMORY_PROBE_DIR: this.#probeDir,
        ...plan.environment,
      },
      cwd: repositoryRoot,
      logFile: join(plan.dataDir, 'logs', `${name}.log`),
      isKept: true,
    })
  }

  async start(): Promise<void> {
    this.process.start()
    await this.ready()
  }

  async ready(): Promise<void> {
    await until(`${this.process.plan.name} is ready`, readyMsMax, () => this.#isReady())
  }

  async #isReady(): Promise<boolean> {
    const url = `http://127.0.0.1:${this.port}/ready`
    const { status } = await fetch(url, { signal: AbortSignal.timeout(2000) })
    return status === 200
  }

  /** Of all its processes together. */
  memory(): Memory {
    let rss = 0
    let heap = 0
    let outside = 0
    for (const name of readdirSync(this.#probeDir)) {
      if (!/^\d+$/.test(name)) continue
      const usage = readUsage(join(this.#probeDir, name))
      rss += usage.rss
      heap += usage.heapUsed
      outside += usage.rss - usage.heapTotal
    }
    const mebibyte = 1024 * 1024
    return {
      rssMb: rss / mebibyte,
      heapMb: heap / mebibyte,
      outsideMb: outside / mebibyte,
    }
  }

  async stop(): Promise<void> {
    await this.process.stop(stopMsMax)
    rmSync(this.#probeDir, { recursive: true, force: true })
  }
}

type Usage = Pick<NodeJS.MemoryUsage, 'rss' | 'heapTotal' | 'heapUsed'>

function readUsage(file: string): Usage {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Usage
  } catch {
    return { rss: 0, heapTotal: 0, heapUsed: 0 }
  }
}

const endpoint = {
  id: endpointId,
  tenant_id: 'demo',
  source: 'levy',
  adapter: 'generic',
  secrets: [{ id: 'k1', ref: `file:${endpointId}.k1` }],
  signature: { header: signatureHeader, prefix: 'sha256=' },
}
