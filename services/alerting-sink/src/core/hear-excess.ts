// What the ledger says of refunds beyond their charge, as a fact to be judged at ticks. The ledger speaks of
// one resource in the order of its entries; what comes again, or too late, says nothing.

import type { AlertSignal } from '@fleet/contracts'

import { eventIdsMax } from './detectors.ts'
import { beforeAnyTick, excessKey, hasRoom, recallLastTick } from './memory.ts'
import type { Change, ExcessFact, Memory } from './memory.ts'

export function hearExcess(memory: Memory, signal: AlertSignal): Change[] {
  const heard = heardIn(signal)
  if (heard === null) return []
  const { tenantId, resource, currency, sequence } = heard.fact
  const key = excessKey(tenantId, resource, currency)
  const known = memory.get('excess', key)
  const lastTick = recallLastTick(memory) ?? beforeAnyTick
  if (known === undefined) {
    if (!heard.grows || !hasRoom(memory, 'excess', tenantId)) return []
    const events = { eventIds: [heard.eventId], isNew: true, since: lastTick }
    return [{ key, value: { ...heard.fact, ...events, open: null } }]
  }
  if (sequence <= known.sequence) return []
  const isOtherwise = known.excess > 0 !== heard.fact.excess > 0
  const fact: ExcessFact = {
    ...heard.fact,
    eventIds: heard.grows ? [...known.eventIds, heard.eventId].slice(-eventIdsMax) : known.eventIds,
    isNew: heard.grows || known.isNew,
    since: isOtherwise ? lastTick : known.since,
    open: known.open,
  }
  return [{ key, value: fact }]
}

interface Heard {
  fact: Omit<ExcessFact, 'eventIds' | 'isNew' | 'since' | 'open'>
  eventId: string
  grows: boolean
}

/** Null: a signal that says too little. */
function heardIn(signal: AlertSignal): Heard | null {
  const { tenant_id: tenantId, resource, event_id: eventId, effective_at: at } = signal
  const { amount, entry_id: entryId, sequence } = signal
  if (amount === null) return null
  const { amount_minor: excess, currency } = amount
  if (resource === null || eventId === null || at === null) return null
  if (entryId === null || sequence === null) return null
  const about = { tenantId, resource: { type: resource.type, id: resource.id }, currency }
  return {
    fact: { kind: 'excess', ...about, excess, entryId, sequence, at, lookAt: 0 },
    eventId,
    grows: signal.kind === 'REFUND_EXCESS',
  }
}
