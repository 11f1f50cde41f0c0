// What the conformance suite needs of a real broker beyond the seam.

import { Kafka, logLevel } from 'kafkajs'

import { connectKafka } from '../src/index.ts'
import type { ConnectionSettings, OutRecord } from '../src/index.ts'
import type { Harness } from './conformance-harness.ts'

/** `direct` is for the harness's own work when the settings lead through a proxy. */
export function kafkaJsHarness(
  settings: Omit<ConnectionSettings, 'clientId'>,
  direct = [...settings.brokers],
): Harness {
  return {
    broker: connectKafka({ ...settings, clientId: 'conformance' }),
    vanishMidTransaction: (transactionalId, records) => vanish(direct, transactionalId, records),
    deleteBefore: async (topic, partition, offset) => {
      const kafka = new Kafka({ brokers: direct, clientId: 'delete', logLevel: logLevel.NOTHING })
      const admin = kafka.admin()
      await admin.connect()
      // The client finds no leader of a topic that it was not asked about before.
      await admin.fetchTopicOffsets(topic)
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] })
      await admin.disconnect()
    },
  }
}

async function vanish(
  brokers: string[],
  transactionalId: string,
  records: readonly OutRecord[],
): Promise<void> {
  const kafka = new Kafka({ brokers, clientId: 'vanish', logLevel: logLevel.NOTHING })
  const producer = kafka.producer({
    transactionalId,
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
  })
  await producer.connect()
  const transaction = await producer.transaction()
  for (const { topic, partition, key, value } of records) {
    await transaction.send({ topic, messages: [{ key, value, partition }] })
  }
  await producer.disconnect()
}
