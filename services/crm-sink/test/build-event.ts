// Normalized events for these tests, complete, with only what a test cares about given.

import { createHash } from 'node:crypto'

import type { CustomerEvent } from '@fleet/contracts'

import type { CrmEvent } from '../src/core/crm-event.ts'
import type { CrmDomain } from '../src/core/known-types.ts'
import { dayOf } from '../src/core/memory.ts'
import type { CrmContext } from '../src/core/to-crm-records.ts'
import { ownTaxonomy } from '../src/shell/load-taxonomy.ts'

/** 2026-05-04T10:00:00Z. */
export const noonMicros = 1_777_888_800_000_000

export const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')

type Common = Omit<CustomerEvent, 'name' | 'email' | 'phone' | 'locale'>

function common(domain: CrmDomain, eventType: string): Common {
  return {
    event_id: 'e1',
    event_type: eventType,
    source: 'levy',
    source_event_type: eventType,
    tenant_id: 'demo',
    subaccount_id: null,
    resource: { type: domain, id: 'R1' },
    occurred_at: noonMicros,
    received_at: noonMicros + 1,
    effective_at: noonMicros,
    processed_at: noonMicros + 2,
    delivery_attempt: null,
    disposition: 'CURRENT',
    mode: 'LIVE',
    mapper_version: '1',
    lineage: {
      raw_topic: 'raw',
      raw_partition: 0,
      raw_offset: 0,
      raw_timestamp: noonMicros,
      delivery_id: 'd1',
      part_index: 0,
      channel: 'WEBHOOK',
      provenance_key_id: 'p1',
    },
    attributes: {},
    customer_id: null,
  }
}

const typedFields: Record<CrmDomain, Record<string, null>> = {
  reservation: {
    vehicle_id: null,
    location_id: null,
    reason: null,
    starts_at: null,
    ends_at: null,
    amount: null,
  },
  rental_session: {
    vehicle_id: null,
    reservation_id: null,
    reason: null,
    started_at: null,
    due_at: null,
    ended_at: null,
  },
  incident: {
    vehicle_id: null,
    reservation_id: null,
    rental_session_id: null,
    claim_id: null,
    severity: null,
    category: null,
    amount: null,
  },
  violation: {
    vehicle_id: null,
    rental_session_id: null,
    violation_code: null,
    reason: null,
    amount: null,
  },
  customer: { name: null, email: null, phone: null, locale: null },
}

export function buildEvent(
  domain: CrmDomain,
  eventType: string,
  given: Record<string, unknown> = {},
): CrmEvent {
  const event = { ...common(domain, eventType), ...typedFields[domain], ...given }
  return { domain, event } as CrmEvent
}

const taxonomy = ownTaxonomy()

export function contextOf(key: string, offset = 0): CrmContext {
  return {
    key,
    origin: { topic: 'events', partition: 0, offset },
    isReplayed: false,
    nowMicros: noonMicros + 3,
    calendar: { today: dayOf(noonMicros / 1000), horizonDays: 400 },
    taxonomy,
    sha256Hex,
  }
}
