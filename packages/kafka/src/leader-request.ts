// Collects what one leader gets in one produce request, a batch for each partition, within the limits of
// both. Pure.

import type { FleetError } from '@fleet/runtime'
import { batchBytesMax } from './produce.ts'
import type { PartitionBatch } from './produce.ts'
import type { OutRecord } from './record.ts'

/** A record and who waits for it. */
export interface Waiting {
  record: OutRecord
  bytes: number
  /** Elapsed time. */
  notAfterMs: number
  resolve(result: { offset: number }): void
  reject(error: FleetError): void
}

/** `items` are the `records` with those who wait for them, in the same order. */
export interface WaitingBatch extends PartitionBatch {
  items: Waiting[]
  bytes: number
}

export class LeaderRequest {
  readonly batches: WaitingBatch[] = []
  readonly #recordsMax: number
  /** By topic, then by partition: no name has to be built for each record. */
  readonly #byTopic = new Map<string, Map<number, WaitingBatch>>()
  #records = 0

  constructor(recordsMax: number) {
    this.#recordsMax = recordsMax
  }

  /** False where it does not fit any more; what is larger than a batch goes alone. */
  add(item: Waiting): boolean {
    if (this.#records >= this.#recordsMax) return false
    const { topic, partition } = item.record
    let ofTopic = this.#byTopic.get(topic)
    if (ofTopic === undefined) this.#byTopic.set(topic, (ofTopic = new Map()))
    const batch = ofTopic.get(partition)
    if (batch === undefined) {
      const opened = { topic, partition, records: [item.record], items: [item], bytes: item.bytes }
      ofTopic.set(partition, opened)
      this.batches.push(opened)
    } else {
      if (batch.bytes + item.bytes > batchBytesMax) return false
      batch.records.push(item.record)
      batch.items.push(item)
      batch.bytes += item.bytes
    }
    this.#records += 1
    return true
  }

  *items(): Generator<Waiting> {
    for (const batch of this.batches) yield* batch.items
  }
}
