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
import { SlowLink } from './slow-link.ts'

const partitions = 6

export interface BenchEdge {
  readonly edge: Edge
  /** Between the ingester and Kafka. */
  readonly link: SlowLink
  readonly brokers: string
}

export async function withBenchEdge(
  say: (text: string) => void,
  work: (bench: BenchEdge) => Promise<number>,
  { isLinked = false } = {},
): Promise<number> {
  mkdirSync(tmpdir(), { recursive: true })
  say('starting Kafka and the ingester')
  const kafka = await startBenchKafka(mkdtempSync(join(tmpdir(), 'fleet-endurance-')))
  removeWhenInterrupted(kafka)
  const registry = await startRegistryServer()
  const { brokers, dataDir } = kafka
  const link = new SlowLink(Number(brokers.split(':')[1]))
  let edge: Edge | null = null
  try {
    await applyTopics(kafka, partitions)
    const [port = 0] = await freePorts(1)
    const linked = isLinked ? `127.0.0.1:${await link.open()}` : brokers
    edge = new Edge({ dataDir, brokers: linked, registryUrl: registry.url, partitions, port })
    await edge.start()
    return await work({ edge, link, brokers })
  } finally {
    await edge?.stop()
    link.close()
    registry.close()
    await removeBenchKafka(kafka)
  }
}
