// Normalized events for these tests, complete, with only what a test cares about given.

import { createHash } from 'node:crypto'

import type { BillingEvent } from '@fleet/contracts'

import { readCharts } from '../src/charts-file.ts'
import type { Chart } from '../src/core/chart.ts'
import type { LedgerDomain, LedgerEvent } from '../src/core/ledger-event.ts'
import type { LedgerContext } from '../src/core/to-journal-entry.ts'

/** 2026-05-04T10:00:00Z. */
export const noonMicros = 1_777_888_800_000_000

export const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')

export const ownCharts = readCharts()
const [ownChart] = ownCharts.byVersion.values()

/** The contract's. */
export const chartOne = ownChart as Chart

type Common = Omit<
  BillingEvent,
  'reservation_id' | 'rental_session_id' | 'charge_id' | 'refund_of' | 'category' | 'reason'
>

function common(domain: LedgerDomain, eventType: string): Common {
  return {
    event_id: 'e1',
    event_type: eventType,
    source: 'levy',
    source_event_type: eventType,
    tenant_id: 'demo',
    subaccount_id: null,
    resource: { type: domain === 'billing' ? 'charge' : domain, id: 'R1' },
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
    amount: { amount_minor: 1250, currency: 'EUR' },
  }
}

const typedFields: Record<LedgerDomain, Record<string, null>> = {
  billing: {
    reservation_id: null,
    rental_session_id: null,
    charge_id: null,
    refund_of: null,
    category: null,
    reason: null,
  },
  violation: { vehicle_id: null, rental_session_id: null, violation_code: null, reason: null },
  incident: {
    vehicle_id: null,
    reservation_id: null,
    rental_session_id: null,
    claim_id: null,
    severity: null,
    category: null,
  },
}

export function buildEvent(eventType: string, given: Record<string, unknown> = {}): LedgerEvent {
  const domain = eventType.slice(0, eventType.indexOf('.')) as LedgerDomain
  const event = { ...common(domain, eventType), ...typedFields[domain], ...given }
  return { domain, event } as LedgerEvent
}

export function euros(amountMinor: number): { amount: { amount_minor: number; currency: string } } {
  return { amount: { amount_minor: amountMinor, currency: 'EUR' } }
}

const minorDigits = new Map([
  ['EUR', 2],
  ['USD', 2],
  ['JPY', 0],
  ['KWD', 3],
])

export function contextOf(key: string, offset = 0): LedgerContext {
  return {
    key,
    origin: { topic: 'events', partition: 0, offset },
    nowMicros: noonMicros + 3,
    chart: chartOne,
    sha256Hex,
    isCurrency: code => minorDigits.has(code),
    minorDigitsOf: code => minorDigits.get(code) ?? null,
  }
}
