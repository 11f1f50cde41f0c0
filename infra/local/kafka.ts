// One Kafka broker in KRaft mode, controller and broker in one process, made for a developer's
// machine: one replica of everything, small internal topics, topics only where somebody asked.

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { Component } from './component.ts'
import { kafkaClasspath } from './distribution.ts'
import { brokerAnswers } from './kafka-probe.ts'
import { freePorts, portIsFree } from './ports.ts'
import type { Folders } from './settings.ts'

const run = promisify(execFile)
// Any base64 UUID will do; a fixed one lets a data folder be recognized as this project's.
export const clusterId = 'RmxlZXRzdHJlYW0tbG9jYQ'
const logging = fileURLToPath(new URL('kafka-log4j2.xml', import.meta.url))

/**
 * The controller's port is nobody else's business: the neighbour of the broker's where it is free,
 * any other where not. The quorum is given by configuration, so it may change from start to start.
 */
async function controllerPortBeside(port: number): Promise<number> {
  if (port < 65_535 && (await portIsFree(port + 1))) return port + 1
  const [other] = await freePorts(1)
  if (other === undefined) throw new Error('no free port for the Kafka controller')
  return other
}

// Of the broker's own topics; few, so that a start is quick.
const internalPartitions = 6

/** Settings that hold wherever the one broker runs; docker-compose.yml has the same. */
export function brokerSettings(
  partitions = internalPartitions,
): Record<string, string | number | boolean> {
  return {
    // A topic nobody declared is a mistake, not a wish.
    'auto.create.topics.enable': false,
    'num.partitions': 1,
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': partitions,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': partitions,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    // One member at a time joins here; waiting for more would only make every start slower.
    'group.initial.rebalance.delay.ms': 0,
    // The registry creates its journal without a retention of its own; by Kafka's default of seven
    // days it would forget its schemas. Topics of the project say their retention themselves.
    'log.retention.ms': -1,
    // The default of 128 MiB is taken from the heap at once.
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
    'num.network.threads': 2,
    'num.io.threads': 4,
  }
}

function properties(
  folders: Folders,
  port: number,
  controllerPort: number,
  partitions: number | undefined,
): string {
  const settings = {
    'node.id': 1,
    'process.roles': 'broker,controller',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'log.dirs': join(folders.kafka, 'data'),
    ...brokerSettings(partitions),
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

export function javaArguments(folders: Folders, heapMegabytes: number): string[] {
  return [
    `-Xmx${heapMegabytes}m`,
    '-Xms128m',
    '-XX:+UseG1GC',
    '-XX:MaxGCPauseMillis=20',
    '-XX:-UsePerfData', // would write to /tmp
    '-XX:+ExitOnOutOfMemoryError',
    `-Djava.io.tmpdir=${folders.temporary}`,
    `-Dlog4j2.configurationFile=${logging}`,
    '-cp',
    kafkaClasspath(folders.dist),
  ]
}

/** Formats the data folder once; an existing one is left as it is. */
export async function format(folders: Folders, configuration: string): Promise<void> {
  if (existsSync(join(folders.kafka, 'data', 'meta.properties'))) return
  const tool = ['kafka.tools.StorageTool', 'format', '--cluster-id', clusterId]
  const args = [...tool, '--config', configuration, '--ignore-formatted']
  try {
    await run('java', [...javaArguments(folders, 128), ...args])
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw isMissing ? new Error('Java is missing: install Java 17', { cause: error }) : error
  }
}

export function kafka(folders: Folders, port: number, partitions?: number): Component {
  return {
    name: 'kafka',
    port,
    portVariable: 'FLEET_KAFKA_PORT',
    startMsMax: 90_000,
    prepare: async () => {
      mkdirSync(folders.kafka, { recursive: true })
      const configuration = join(folders.kafka, 'server.properties')
      const controllerPort = await controllerPortBeside(port)
      writeFileSync(configuration, properties(folders, port, controllerPort, partitions))
      await format(folders, configuration)
      return {
        name: 'kafka',
        command: 'java',
        args: [...javaArguments(folders, 512), 'kafka.Kafka', configuration],
        environment: {},
        cwd: folders.kafka,
        port,
      }
    },
    answers: () => brokerAnswers(port),
  }
}
