// Whom an event is about: named by the event, or by an earlier event of the same resource.

import type { CrmEvent } from './crm-event.ts'
import { customerFactKey, recallCustomer } from './memory.ts'
import type { CrmChange, CrmMemory } from './memory.ts'

export interface ResolvedCustomer {
  customerId: string | null
  resolution: 'KNOWN' | 'COMPLETED' | 'UNRESOLVED'
  changes: readonly CrmChange[]
}

export function resolveCustomer(
  memory: CrmMemory,
  input: CrmEvent,
  resourceKey: string,
): ResolvedCustomer {
  const { event } = input
  if (input.domain === 'customer') {
    const customerId = event.customer_id ?? event.resource.id
    return { customerId, resolution: 'KNOWN', changes: [] }
  }
  const remembered = recallCustomer(memory, resourceKey)
  if (event.customer_id === null) {
    if (remembered === null) return { customerId: null, resolution: 'UNRESOLVED', changes: [] }
    return { customerId: remembered.customerId, resolution: 'COMPLETED', changes: [] }
  }
  const known: ResolvedCustomer = {
    customerId: event.customer_id,
    resolution: 'KNOWN',
    changes: [],
  }
  // A late event must not put back a customer that a newer one has replaced.
  if (remembered !== null && remembered.effectiveAt > event.effective_at) return known
  const value = {
    kind: 'customer' as const,
    customerId: event.customer_id,
    effectiveAt: event.effective_at,
  }
  return { ...known, changes: [{ key: customerFactKey(resourceKey), value }] }
}
