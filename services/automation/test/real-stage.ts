// Automation on a real broker, on topics of its own: for the integration test and for what measures it.

import { createHash } from 'node:crypto'

import { memoryRegistry, openCodec } from '@fleet/codec'
import type { Codec } from '@fleet/codec'
import { topics } from '@fleet/contracts'
import type { Topic } from '@fleet/contracts'
import { connectKafka } from '@fleet/kafka'
import type { Broker } from '@fleet/kafka'
import { systemClock, systemIds, systemRandom } from '@fleet/runtime'
import { runStage, StageMeters } from '@fleet/stage'
import type { RunningStage } from '@fleet/stage'
import { createMetrics, silentLogger } from '@fleet/telemetry'

import { prefixed } from '../../../packages/stage/test/prefixed-broker.ts'
import { automation } from '../src/index.ts'
import type { Policies } from '../src/index.ts'
import { policiesOf } from './build-event.ts'

export const tickMs = 500

const { inputs } = automation({ tickMs, policies: policiesOf() })

const topicsUsed: readonly Topic[] = [
  ...inputs,
  topics.redrive,
  topics.automation,
  topics.deadLetters.automation,
  topics.changelogs.automation,
]

export function brokerAt(brokers: string, prefix: string): Broker {
  return prefixed(
    connectKafka({ brokers: brokers.split(','), clientId: 'automation-test' }),
    prefix,
  )
}

/** Every process registers the same schemas in the same order, so the ids agree. */
export async function codecOfAll(): Promise<Codec> {
  const codec = await openCodec({ registry: memoryRegistry(), cacheFile: null, clock: systemClock })
  for (const topic of topicsUsed) if (topic.schema !== null) await codec.load([topic])
  return codec
}

export async function createTopics(broker: Broker, partitions: number): Promise<void> {
  const admin = await broker.openAdmin()
  await admin.createTopics(
    topicsUsed.map(({ name, maxMessageBytes }) => ({
      name,
      partitions,
      replicationFactor: 1,
      config: {
        'message.timestamp.type': 'LogAppendTime',
        'max.message.bytes': String(maxMessageBytes),
      },
    })),
  )
  await admin.close()
}

export async function startAutomation(
  brokers: string,
  prefix: string,
  policies: Policies,
): Promise<RunningStage> {
  return runStage(automation({ tickMs, policies }), {
    environment: prefix,
    broker: brokerAt(brokers, prefix),
    codec: await codecOfAll(),
    metrics: new StageMeters(createMetrics('automation')).forStage('automation'),
    logger: silentLogger,
    clock: systemClock,
    ids: systemIds,
    random: systemRandom,
    sessionTimeoutMs: 6000,
    sha256Hex: text => createHash('sha256').update(text).digest('hex'),
  })
}
