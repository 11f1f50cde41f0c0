// Three brokers on loopback, each also a controller: replication 3, two in-sync replicas for a write.
// Services reach a broker through its proxy, which is what it advertises to them; brokers, the judge and
// the registry reach it directly.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import {
  brokerAnswers,
  brokerSettings,
  foldersOf,
  formatKafka,
  javaArguments,
} from '../../../infra/local/index.ts'
import type { Folders } from '../../../infra/local/index.ts'
import { Child } from './child.ts'
import { ClassArchive } from './class-archive.ts'
import { ClusterTool } from './cluster-tool.ts'
import { KafkaProxy, WireRules } from './kafka-proxy.ts'
import { smallDisk } from './small-disk.ts'
import type { SmallDisk } from './small-disk.ts'
import { stablePorts } from './stable-ports.ts'
import { until } from './wait.ts'

const heapMegabytes = 448
const diskMegabytes = 3072
/** Of the brokers' own topics: enough that coordinators are spread over the brokers. */
const internalPartitions = 6
/** The broker whose disk can be full. */
export const smallDiskBroker = 3

export interface Broker {
  readonly id: number
  readonly process: Child
  readonly proxy: KafkaProxy
  readonly directPort: number
}

interface Ports {
  readonly direct: number
  readonly clients: number
  readonly controller: number
  readonly advertised: number
}

export class Cluster {
  readonly brokers: readonly Broker[]
  readonly rules: WireRules
  readonly disk: SmallDisk | null
  readonly tool: ClusterTool
  readonly classes: ClassArchive
  /** For services. */
  readonly proxied: string
  /** For everybody else. */
  readonly direct: string

  private constructor(
    brokers: readonly Broker[],
    addresses: { proxied: string; direct: string; jars: string },
    rules: WireRules,
    disk: SmallDisk | null,
    classes: ClassArchive,
  ) {
    this.brokers = brokers
    this.classes = classes
    this.rules = rules
    this.disk = disk
    this.proxied = addresses.proxied
    this.direct = addresses.direct
    this.tool = new ClusterTool(addresses.jars, addresses.direct)
  }

  static async start(dataDir: string, distDir: string, jars: string): Promise<Cluster> {
    const rules = new WireRules()
    const free = await stablePorts(12)
    const ports = [0, 4, 8].map((first): Ports => {
      const [direct = 0, clients = 0, controller = 0, advertised = 0] = free.slice(first)
      return { direct, clients, controller, advertised }
    })
    const proxies = ports.map(one => new KafkaProxy(one.advertised, one.clients, rules))
    const classes = new ClassArchive(distDir)
    let disk: SmallDisk | null = null
    const brokers: Broker[] = []
    await Promise.all(
      proxies.map(async (proxy, index) => {
        const id = index + 1
        const folders = foldersOf(join(dataDir, `broker-${id}`), distDir)
        if (id === smallDiskBroker) {
          disk = await smallDisk(join(folders.kafka, 'data'), diskMegabytes)
        }
        const child = await preparedBroker(id, folders, ports, classes)
        child.start()
        await proxy.open()
        brokers[index] = { id, process: child, proxy, directPort: ports[index]?.direct ?? 0 }
      }),
    )
    const list = (of: (one: Ports) => number): string =>
      ports.map(one => `127.0.0.1:${of(one)}`).join(',')
    const addresses = {
      proxied: list(one => one.advertised),
      direct: list(one => one.direct),
      jars,
    }
    return new Cluster(brokers, addresses, rules, disk, classes)
  }

  async answers(): Promise<void> {
    await Promise.all(this.brokers.map(one => this.#answers(one)))
  }

  broker(id: number): Broker {
    const found = this.brokers.find(one => one.id === id)
    if (found === undefined) throw new Error(`there is no broker ${id}`)
    return found
  }

  /** kill -9; its clients are refused from then on. */
  async kill(id: number): Promise<void> {
    const { process, proxy } = this.broker(id)
    proxy.close()
    await process.kill()
  }

  /** Starts what is down and waits until every partition has all its replicas. */
  async whole(deadlineMs: number): Promise<void> {
    for (const { process, proxy } of this.brokers) {
      if (process.isFrozen) process.thaw()
      if (!process.isRunning) process.start()
      await proxy.open()
    }
    await this.answers()
    await until('every replica is in sync', deadlineMs, async () => {
      const { partitions, underReplicated } = await this.tool.replicas()
      return partitions > 0 && underReplicated === 0
    })
  }

  async stop(): Promise<void> {
    this.tool.stop()
    for (const { proxy } of this.brokers) proxy.close()
    await Promise.all(this.brokers.map(({ process }) => process.kill()))
    await this.disk?.remove()
  }

  async #answers({ id, process, directPort }: Broker): Promise<void> {
    let restarts = 0
    await until(`broker ${id} answers`, 120_000, async () => {
      // A broker that ended while starting, such as on a port of the one before it, is started again.
      if (!process.isRunning && restarts++ < 3) process.start()
      return brokerAnswers(directPort)
    })
  }
}

function properties(id: number, folders: Folders, ports: readonly Ports[]): string {
  const mine = ports[id - 1]
  if (mine === undefined) throw new Error(`broker ${id} has no ports`)
  const voters = ports.map(({ controller }, index) => `${index + 1}@127.0.0.1:${controller}`)
  const settings = {
    ...brokerSettings(internalPartitions),
    'node.id': id,
    'process.roles': 'broker,controller',
    listeners: [
      `DIRECT://127.0.0.1:${mine.direct}`,
      `CLIENTS://127.0.0.1:${mine.clients}`,
      `CONTROLLER://127.0.0.1:${mine.controller}`,
    ].join(','),
    'advertised.listeners': [
      `DIRECT://127.0.0.1:${mine.direct}`,
      `CLIENTS://127.0.0.1:${mine.advertised}`,
    ].join(','),
    'inter.broker.listener.name': 'DIRECT',
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'DIRECT:PLAINTEXT,CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.quorum.voters': voters.join(','),
    'log.dirs': join(folders.kafka, 'data'),
    'default.replication.factor': 3,
    'min.insync.replicas': 2,
    'offsets.topic.replication.factor': 3,
    'transaction.state.log.replication.factor': 3,
    'transaction.state.log.min.isr': 2,
    'share.coordinator.state.topic.replication.factor': 3,
    'unclean.leader.election.enable': false,
    // A dead broker is noticed soon, so that a short run sees leaders move; and sooner than it can be
    // started again, since one that comes back into its old session tears transactions (decision 14).
    'broker.session.timeout.ms': 1500,
    'broker.heartbeat.interval.ms': 300,
    'controller.quorum.fetch.timeout.ms': 3000,
    'controller.quorum.election.timeout.ms': 1500,
    'auto.leader.rebalance.enable': true,
    'leader.imbalance.check.interval.seconds': 10,
    // The index files of an empty partition take their whole size from a small disk.
    'log.index.size.max.bytes': 1024 * 1024,
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

async function preparedBroker(
  id: number,
  folders: Folders,
  ports: readonly Ports[],
  classes: ClassArchive,
): Promise<Child> {
  mkdirSync(join(folders.kafka, 'data'), { recursive: true })
  mkdirSync(folders.temporary, { recursive: true })
  const configuration = join(folders.kafka, 'server.properties')
  writeFileSync(configuration, properties(id, folders, ports))
  await formatKafka(folders, configuration)
  return new Child({
    name: `broker ${id}`,
    command: 'java',
    // Broker starts are many here and their full speed is not needed.
    args: () => [
      '-XX:TieredStopAtLevel=1',
      ...classes.options(),
      ...javaArguments(folders, heapMegabytes),
      'kafka.Kafka',
      configuration,
    ],
    environment: {},
    cwd: folders.kafka,
    logFile: join(folders.logs, 'kafka.log'),
    isKept: false,
  })
}
