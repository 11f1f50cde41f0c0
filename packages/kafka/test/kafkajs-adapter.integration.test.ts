// The same suite on a real broker.

import { Kafka, logLevel } from 'kafkajs'
import { connectKafka } from '../src/index.ts'
import { conformance } from './conformance.ts'

const brokers = (process.env['FLEET_KAFKA_BROKERS'] ?? '127.0.0.1:9092').split(',')

conformance('kafkajs adapter', () =>
  Promise.resolve({
    broker: connectKafka({ brokers, clientId: 'conformance' }),
    vanishMidTransaction: async (transactionalId, records) => {
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
    },
  }),
)
