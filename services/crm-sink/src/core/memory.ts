// What the CRM sink remembers between events: who the customer of a resource is, and the last
// status of each CRM entity. Of an erased contact nothing is kept but that it was erased.

import { encodeKeyPart } from '@fleet/contracts'

export type CrmFact = CustomerFact | EntityFact

/** The customer a resource belongs to, by the event with the greatest effective time so far. */
export interface CustomerFact {
  kind: 'customer'
  customerId: string
  /** Microseconds. */
  effectiveAt: number
}

export interface EntityFact {
  kind: 'entity'
  status: string | null
  /** An erased contact: late events of it give no record. */
  deleted: boolean
}

export interface CrmMemory {
  get(key: string): CrmFact | undefined
}

export interface CrmChange {
  key: string
  value: CrmFact | null
}

/** `#` can't be in a resource key, so the two kinds of keys never meet. */
export function customerFactKey(resourceKey: string): string {
  return `${resourceKey}#customer`
}

/** By resource and entity: one incident may have several claims. */
export function entityFactKey(resourceKey: string, entityType: string, entityId: string): string {
  return `${resourceKey}#${entityType}/${encodeKeyPart(entityId)}`
}

export function recallCustomer(memory: CrmMemory, resourceKey: string): CustomerFact | null {
  const fact = memory.get(customerFactKey(resourceKey))
  return fact?.kind === 'customer' ? fact : null
}

export function recallEntity(memory: CrmMemory, entityKey: string): EntityFact | null {
  const fact = memory.get(entityKey)
  return fact?.kind === 'entity' ? fact : null
}
