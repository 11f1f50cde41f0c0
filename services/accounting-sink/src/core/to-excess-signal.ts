// What alerting hears of refunds beyond their charge. Everything in it follows from the event and its entry.

import type { AlertSignal, JournalEntry } from '@fleet/contracts'

import type { ExcessNotice } from './tell-excess.ts'

export function toExcessSignal(
  { kind, currency, minor }: ExcessNotice,
  entry: JournalEntry,
  effectiveAt: number,
): AlertSignal {
  const { type, id } = entry.resource
  return {
    kind,
    tenant_id: entry.tenant_id,
    event_id: entry.event_id,
    event_type: entry.event_type,
    domain: 'billing',
    resource: { type, id },
    disposition: null,
    effective_at: effectiveAt,
    tick_at: null,
    origin: entry.origin,
    vehicle_id: null,
    started_at: null,
    due_at: null,
    source: null,
    count: null,
    amount: { amount_minor: minor, currency },
    entry_id: entry.entry_id,
    sequence: entry.sequence,
  }
}
