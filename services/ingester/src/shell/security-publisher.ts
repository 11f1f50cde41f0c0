// Writes security records beside the deliveries, never in their way: nobody waits for them, and one that
// can't be written is counted and forgotten.

import type { Codec } from '@fleet/codec'
import { partitionOf, topics } from '@fleet/contracts'
import type { SecurityEvent } from '@fleet/contracts'
import type { Appender } from '@fleet/kafka'
import type { Counter } from '@fleet/telemetry'

export interface SecurityPublisherOptions {
  readonly codec: Codec
  readonly appender: () => Pick<Appender, 'append'> | null
  readonly partitions: number
  readonly lost: Counter
}

export type PublishSecurity = (event: SecurityEvent) => void

export function createSecurityPublisher(options: SecurityPublisherOptions): PublishSecurity {
  const { codec, partitions, lost } = options
  return event => {
    void write(event).catch(() => lost.add(1))
  }

  async function write(event: SecurityEvent): Promise<void> {
    const key = event.endpoint_id
    const appender = options.appender()
    if (appender === null) return lost.add(1)
    const value = codec.encode(topics.security, event)
    const partition = partitionOf(key, partitions)
    await appender.append({ topic: topics.security.name, partition, key, value })
  }
}
