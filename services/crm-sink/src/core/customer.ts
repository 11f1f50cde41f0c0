// Whom an event is about: named by the event, or by an earlier event of the same resource.

import type { CrmEvent } from './crm-event.ts'
import { customerFactKey, recallCustomer } from './memory.ts'
import type { Calendar, CrmChange, CrmMemory } from './memory.ts'

export interface ResolvedCustomer {
  customerId: string | null
  resolution: 'KNOWN' | 'COMPLETED' | 'UNRESOLVED'
  changes: readonly CrmChange[]
}

export function resolveCustomer(
  memory: CrmMemory,
  input: CrmEvent,
  resourceKey: string,
  calendar: Calendar,
): ResolvedCustomer {
  const { event } = input
  if (input.domain === 'customer') {
    const customerId = event.customer_id ?? event.resource.id
    return { customerId, resolution: 'KNOWN', changes: [] }
  }
  const key = customerFactKey(resourceKey)
  const { today: day } = calendar
  const remembered = recallCustomer(memory, resourceKey, calendar)
  const touched =
    remembered === null || remembered.day === day ? [] : [{ key, value: { ...remembered, day } }]
  if (event.customer_id === null) {
    if (remembered === null) return { customerId: null, resolution: 'UNRESOLVED', changes: [] }
    const { customerId } = remembered
    return { customerId, resolution: 'COMPLETED', changes: touched }
  }
  const known = { customerId: event.customer_id, resolution: 'KNOWN' as const }
  // A late event must not put back a customer that a newer one has replaced.
  if (remembered !== null && remembered.effectiveAt > event.effective_at) {
    return { ...known, changes: touched }
  }
  const { customer_id: customerId, effective_at: effectiveAt } = event
  return {
    ...known,
    changes: [{ key, value: { kind: 'customer', customerId, effectiveAt, day } }],
  }
}
