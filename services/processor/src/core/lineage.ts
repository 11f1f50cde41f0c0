// Where an event comes from, as it stands on everything the event caused.

import { microsPerMilli } from '@fleet/contracts'
import type { Lineage, RawDelivery } from '@fleet/contracts'

/** A raw record's place in the log. */
export interface Origin {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Log-append time. */
  readonly appendedAtMs: number
  /** Key its provenance was verified with. */
  readonly provenanceKeyId: string
}

export function toLineage(raw: RawDelivery, origin: Origin): Lineage {
  return {
    raw_topic: origin.topic,
    raw_partition: origin.partition,
    raw_offset: origin.offset,
    raw_timestamp: origin.appendedAtMs * microsPerMilli,
    delivery_id: raw.delivery_id,
    part_index: raw.part_index,
    channel: raw.channel,
    provenance_key_id: origin.provenanceKeyId,
  }
}
