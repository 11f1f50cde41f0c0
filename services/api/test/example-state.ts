// A vehicle with one register and one failed signal.

import type { ResourceState } from '@fleet/contracts'

const occurredAt = Date.UTC(2026, 10, 21, 8, 30) * 1000 + 123_456

export function exampleState(): ResourceState {
  return {
    tenant_id: 'demo',
    resource: { type: 'vehicle', id: 'V/1' },
    version: 7,
    registers: {
      vehicle: {
        event_id: 'e1',
        event_type: 'vehicle.state_reported',
        occurred_at: occurredAt,
        effective_at: occurredAt,
        rank: 0,
        data_json: '{}',
      },
    },
    signals: {
      fuel: {
        code: 'fuel',
        name: null,
        group: null,
        status: 'ERROR',
        error_type: 'UPSTREAM_ERROR',
        error_code: null,
        value_json: null,
        unit: null,
        observed_at: Date.UTC(2026, 10, 21, 8, 29, 59) * 1000 + 1,
        won: true,
        event_id: 'e1',
        value_observed_at: null,
      },
    },
    deleted: false,
    updated_at: occurredAt,
    lineage: {
      raw_topic: 'raw',
      raw_partition: 3,
      raw_offset: 41,
      raw_timestamp: Date.UTC(2026, 10, 21, 8, 30, 1) * 1000,
      delivery_id: 'd1',
      part_index: 0,
      channel: 'WEBHOOK',
      provenance_key_id: 'k1',
    },
  }
}
