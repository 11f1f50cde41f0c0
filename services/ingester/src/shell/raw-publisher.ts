// Writes the records of a delivery and resolves only when every one is acknowledged by all in-sync
// replicas. Whatever else happens is a rejection: the sender repeats, and what was written is a duplicate.

import type { Codec } from '@fleet/codec'
import { headerNames, partitionOf, topics } from '@fleet/contracts'
import type { RawDelivery } from '@fleet/contracts'
import type { Appender, OutRecord } from '@fleet/kafka'
import { FleetError, codeOf, withDeadline } from '@fleet/runtime'
import type { Clock } from '@fleet/runtime'
import { afterFailure, closedBreaker, isOpen, tryBreaker } from '../core/breaker.ts'
import type { ProvenanceSigner } from './provenance-signer.ts'

export interface KeyedDelivery {
  readonly key: string
  readonly value: RawDelivery
}

export interface RawPublisher {
  /** @throws FleetError (transient): durability is unknown or was not reached in time. */
  publish(deliveries: readonly KeyedDelivery[], traceparent: string): Promise<void>
  /** Kafka failed several times in a row: deliveries are refused but for one probe a second. */
  readonly isBreakerOpen: boolean
}

export interface RawPublisherOptions {
  readonly codec: Codec
  readonly signer: Pick<ProvenanceSigner, 'sign'>
  /** Null while Kafka was not reached yet. */
  readonly appender: () => Pick<Appender, 'append'> | null
  readonly partitions: number
  readonly deadlineMs: number
  readonly clock: Clock
}

export function createRawPublisher(options: RawPublisherOptions): RawPublisher {
  const { clock, deadlineMs } = options
  let breaker = closedBreaker
  return {
    publish: async (deliveries, traceparent) => {
      const appender = options.appender()
      if (appender === null) throw unavailable('Kafka was not reached yet')
      // Asked before anything is encoded: while Kafka is away a refusal should cost nothing.
      const attempt = tryBreaker(breaker, clock.elapsedMs())
      breaker = attempt.breaker
      if (!attempt.allowed) throw unavailable('Kafka failed several times in a row')
      const notAfterMs = clock.elapsedMs() + deadlineMs
      const records = deliveries.map(delivery => toRecord(delivery, traceparent, options))
      try {
        // A rejection ends the waiting at once; the other parts settle unseen.
        const [only] = records
        const acknowledged: Promise<unknown> =
          only !== undefined && records.length === 1
            ? appender.append(only, notAfterMs)
            : Promise.all(records.map(record => appender.append(record, notAfterMs)))
        await withDeadline(clock, deadlineMs, 'storing a delivery', acknowledged)
        breaker = closedBreaker
      } catch (error) {
        // Too much at once says nothing about Kafka.
        if (codeOf(error) !== 'OVERLOADED') breaker = afterFailure(breaker, clock.elapsedMs())
        throw error
      }
    },
    get isBreakerOpen() {
      return isOpen(breaker)
    },
  }
}

function toRecord(
  { key, value }: KeyedDelivery,
  traceparent: string,
  { codec, signer, partitions }: RawPublisherOptions,
): OutRecord {
  const framed = codec.encode(topics.raw, value)
  const { mac, keyId } = signer.sign(key, framed)
  return {
    topic: topics.raw.name,
    partition: partitionOf(key, partitions),
    key,
    value: framed,
    headers: {
      [headerNames.mac]: mac,
      [headerNames.macKeyId]: keyId,
      [headerNames.traceparent]: traceparent,
    },
  }
}

function unavailable(message: string): FleetError {
  return new FleetError('LOG_UNAVAILABLE', 'transient', message)
}
