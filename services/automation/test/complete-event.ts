// What the schema wants of an event beyond what a decision looks at.

import { topics } from '@fleet/contracts'
import type { RecordTypes } from '@fleet/contracts'

export function completeEvent(event: Record<string, unknown>): RecordTypes['ViolationEvent'] {
  const lineage = {
    raw_topic: topics.raw.name,
    raw_partition: 0,
    raw_offset: 0,
    raw_timestamp: 0,
    delivery_id: 'd',
    part_index: 0,
    channel: 'WEBHOOK',
    provenance_key_id: 'p',
  }
  const rest = { delivery_attempt: null, mapper_version: '1', rental_session_id: null, lineage }
  return { ...rest, ...event } as unknown as RecordTypes['ViolationEvent']
}
