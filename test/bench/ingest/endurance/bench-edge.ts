// One ingester on one broker and a registry of the run's own, all removed afterwards.

import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePorts } from '../../../../infra/local/index.ts'
import {
  applyTopics,
  removeBenchKafka,
  removeWhenInterrupted,
  startBenchKafka,
} from '../../process/bench-kafka.ts'
import { startRegistryServer } from '../../process/registry-server.ts'
import { Edge } from './edge.ts'

const partitions = 6

export interface BenchEdge {
  readonly edge: Edge
  readonly brokers: string
}

export async function withBenchEdge(
  say: (text: string) => void,
  work: (bench: BenchEdge) => Promise<number>,
): Promise<number> {
  mkdirSync(tmpdir(), { recursive: true })
  say('starting Kafka and the ingester')
  const kafka = await startBenchKafka(mkdtempSync(join(tmpdir(), 'fleet-endurance-')))
  removeWhenInterrupted(kafka)
  const registry = await startRegistryServer()
  const { brokers, dataDir } = kafka
  let edge: Edge | null = null
  try {
    await applyTopics(kafka, partitions)
    const [port = 0] = await freePorts(1)
    edge = new Edge({ dataDir, brokers, registryUrl: registry.url, partitions, port })
    await edge.start()
    return await work({ edge, brokers })
  } finally {
    await edge?.stop()
    registry.close()
    await removeBenchKafka(kafka)
  }
}
