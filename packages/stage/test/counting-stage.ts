// A small stage for tests of the loop: numbers the events of each resource, from reservation events to
// CRM records. What it publishes shows lost, repeated and misordered records at a glance.

import { recordFiles, topics } from '@fleet/contracts'
import type { CrmRecord, ReservationEvent } from '@fleet/contracts'
import { KeyedState } from '../src/index.ts'
import type { Decision, KeyedChange, StageDeclaration } from '../src/index.ts'

export type Counting = StageDeclaration<KeyedState<number>, KeyedChange<number>>

export const poisonId = 'poison'
export const hugeId = 'huge'

export function countingStage(options: { tickMs?: number } = {}): Counting {
  return {
    name: 'crm-sink',
    inputs: [topics.events.reservation, topics.events.incident],
    outputs: [topics.crm],
    createState: () => new KeyedState<number>(),
    decide: (state, input): Decision<KeyedChange<number>> => {
      const event = input.value as ReservationEvent
      if (event.event_id === poisonId) throw new Error('this record is poison')
      const count = (state.get(input.key) ?? 0) + 1
      const status = event.event_id === hugeId ? 'x'.repeat(2 * 1024 * 1024) : `${count}`
      return {
        verdict: 'published',
        changes: [{ key: input.key, value: count }],
        emit: [
          {
            topic: topics.crm,
            key: input.key,
            value: crmRecord({ event_id: event.event_id, status }),
            occurredAtMicros: event.occurred_at,
          },
        ],
      }
    },
    ...(options.tickMs === undefined
      ? {}
      : {
          tickMs: options.tickMs,
          tick: (state, { partition }): Decision<KeyedChange<number>> => {
            const count = (state.get('!ticks'.slice(1)) ?? 0) + 1
            return {
              verdict: 'published',
              changes: [{ key: 'ticks', value: count }],
              emit: [
                {
                  topic: topics.crm,
                  key: `tick/${partition}`,
                  value: crmRecord({ event_id: 'tick', status: `${count}` }),
                },
              ],
            }
          },
        }),
  }
}

export function crmRecord(part: Partial<CrmRecord>): CrmRecord {
  return {
    record_id: '',
    action: 'UPSERT',
    entity_type: 'reservation',
    entity_id: '',
    tenant_id: 't',
    subaccount_id: null,
    customer_id: null,
    customer_resolution: 'UNRESOLVED',
    reservation_id: null,
    rental_session_id: null,
    severity: null,
    category: null,
    status: null,
    status_at: null,
    event_id: '',
    event_type: 'reservation.created',
    occurred_at: 0,
    effective_at: 0,
    processed_at: 0,
    disposition: 'CURRENT',
    origin: { topic: '', partition: 0, offset: 0 },
    taxonomy_version: null,
    taxonomy_category: null,
    category_match: null,
    taxonomy_severity: null,
    severity_match: null,
    history: null,
    completed_by: null,
    ...part,
  }
}

export function reservationEvent(eventId: string): ReservationEvent {
  return {
    event_id: eventId,
    event_type: 'reservation.created',
    source: 's',
    source_event_type: 'reservation.created',
    tenant_id: 't',
    subaccount_id: null,
    resource: { type: 'reservation', id: 'r' },
    occurred_at: 1_700_000_000_000_000,
    received_at: 0,
    effective_at: 0,
    processed_at: 0,
    delivery_attempt: null,
    disposition: 'CURRENT',
    mode: 'LIVE',
    mapper_version: '1',
    lineage: {
      raw_topic: 'raw',
      raw_partition: 0,
      raw_offset: 0,
      raw_timestamp: 0,
      delivery_id: '',
      part_index: 0,
      channel: 'WEBHOOK',
      provenance_key_id: '',
    },
    attributes: {},
    customer_id: null,
    vehicle_id: null,
    location_id: null,
    reason: null,
    starts_at: null,
    ends_at: null,
    amount: null,
  }
}

export const recordNames = Object.keys(recordFiles)
