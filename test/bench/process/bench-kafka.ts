// A Kafka broker of the benchmark's own, on free ports and in a folder of its own, never the one of
// `make up`. Topics are made by the `fleet` command and deleted by Kafka's own tool.

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { connectKafka } from '@fleet/kafka'
import type { Admin } from '@fleet/kafka'

import { kafkaClasspath } from '../../../infra/local/distribution.ts'
import { freePorts, startInfrastructure } from '../../../infra/local/index.ts'
import { running } from '../../../infra/local/processes.ts'
import { foldersOf, readLocalSettings, repositoryRoot } from '../../../infra/local/settings.ts'

const run = promisify(execFile)

export interface BenchKafka {
  readonly brokers: string
  readonly dataDir: string
  readonly pid: number | null
  stop(): Promise<void>
}

/** Starts it, or goes on with the one that runs in this folder. */
export async function startBenchKafka(dataDir: string): Promise<BenchKafka> {
  mkdirSync(dataDir, { recursive: true })
  const portFile = join(dataDir, 'kafka-port')
  const [free = 0] = await freePorts(1)
  const kafkaPort = existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : free
  writeFileSync(portFile, String(kafkaPort))
  const infrastructure = await startInfrastructure({
    dataDir,
    kafkaPort,
    registryPort: 0,
    redisPort: 0,
    partitions: 6,
    only: ['kafka'],
  })
  return {
    brokers: infrastructure.brokers.join(','),
    dataDir,
    pid: running(foldersOf(dataDir), 'kafka')?.pid ?? null,
    stop: () => infrastructure.stop(),
  }
}

/** Ends it and removes its folder. */
export async function removeBenchKafka(kafka: BenchKafka): Promise<void> {
  await kafka.stop()
  rmSync(kafka.dataDir, { recursive: true, force: true })
}

/** Ctrl-C leaves nothing behind either. */
export function removeWhenInterrupted(kafka: BenchKafka): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void removeBenchKafka(kafka).finally(() => process.exit(1))
    })
  }
}

/** Deletes every topic whose name matches the regular expression; none is fine. */
export async function deleteTopics({ brokers }: BenchKafka, pattern: string): Promise<void> {
  const classpath = kafkaClasspath(readLocalSettings().folders.dist)
  const tool = ['org.apache.kafka.tools.TopicCommand', '--bootstrap-server', brokers]
  const args = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', classpath]
  await run('java', [...args, ...tool, '--delete', '--if-exists', '--topic', pattern])
}

/** Every topic of the platform that is missing. */
export async function applyTopics({ brokers }: BenchKafka, partitions: number): Promise<void> {
  const program = join(repositoryRoot, 'packages', 'cli', 'bin', 'fleet.js')
  await run(process.execPath, [program, 'topics', 'apply'], {
    cwd: repositoryRoot,
    env: {
      ...process.env,
      FLEET_KAFKA_BROKERS: brokers,
      FLEET_KAFKA_PORT: brokers.split(':')[1],
      FLEET_PARTITIONS: String(partitions),
    },
  })
}

export async function withAdmin<T>(brokers: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = await connectKafka({ brokers: brokers.split(','), clientId: 'bench' }).openAdmin()
  try {
    return await use(admin)
  } finally {
    await admin.close()
  }
}

/** Topics that are not the platform's: JSON in, JSON out. */
export async function createTopics(
  brokers: string,
  names: readonly string[],
  partitions: number,
): Promise<void> {
  await withAdmin(brokers, admin =>
    admin.createTopics(
      names.map(name => ({
        name,
        partitions,
        replicationFactor: 1,
        config: { 'cleanup.policy': name.endsWith('lww') ? 'compact' : 'delete' },
      })),
    ),
  )
}

/** Records in a topic; null when there is no such topic. */
export async function recordCount(brokers: string, topic: string): Promise<number | null> {
  return withAdmin(brokers, async admin => {
    const [found] = await admin.describeTopics([topic])
    if (found === null || found === undefined) return null
    const offsets = await admin.offsets(topic)
    return offsets.reduce((sum, { lastStable, logStart }) => sum + lastStable - logStart, 0)
  })
}
