// What the CRM sink remembers between events: who the customer of a resource is, the last status of
// each CRM entity and the taxonomy's words for it, and records whose customer is not known yet. Of an erased contact nothing is kept
// but that it was erased. What no event has touched for the state horizon counts as forgotten, except
// contacts: of an erased one even the oldest late event must give nothing.

import { encodeKeyPart } from '@fleet/contracts'

import type { Reading } from './taxonomy.ts'

export type CrmFact = CustomerFact | EntityFact | UnresolvedFact

interface Dated {
  /** Day of stream time it was last needed; absent in a changelog from before facts expired. */
  day?: number
}

/** The customer a resource belongs to, by the event with the greatest effective time so far. */
export interface CustomerFact extends Dated {
  kind: 'customer'
  customerId: string
  /** Microseconds. */
  effectiveAt: number
}

export interface EntityFact extends Dated {
  kind: 'entity'
  status: string | null
  /** Effective time of the event it is from, microseconds; absent in a changelog from before. */
  at?: number
  /**
   * Of the event it is from. All events of an entity stand in one partition of one topic, those that
   * won in the order in which they did. Absent in a changelog from before.
   */
  offset?: number
  /** An erased contact: late events of it give no record. */
  deleted: boolean
  /**
   * In the words of the taxonomy, never in those that were sent: these may be of any length. Absent
   * until an event says it, and in a changelog from before.
   */
  category?: Reading
  severity?: Reading
}

/** A record that was written without a customer, to be written again when there is one. */
interface UnresolvedFact extends Dated {
  kind: 'unresolved'
  /** The CrmRecord as JSON: rarely read, and smaller than an object. */
  json: string
}

export interface CrmMemory {
  get(key: string): CrmFact | undefined
  /** Keys of the resource's unresolved records, those kept first before the others. */
  unresolvedOf(resourceKey: string): readonly string[]
}

export interface CrmChange {
  key: string
  value: CrmFact | null
}

/** Stream time, in days, and how many of them a fact outlives its last use. */
export interface Calendar {
  today: number
  horizonDays: number
}

const dayMs = 86_400_000

export function dayOf(streamTimeMs: number): number {
  return Math.floor(streamTimeMs / dayMs)
}

export function isOutlived({ day }: CrmFact, { today, horizonDays }: Calendar): boolean {
  return day !== undefined && today - day > horizonDays
}

/** Whether the fact of this key is never forgotten: those of contacts. */
export function isLasting(factKey: string): boolean {
  return factKey.startsWith('contact/', factKey.indexOf('#') + 1)
}

/** `#` can't be in a resource key, so the kinds of keys never meet. */
export function customerFactKey(resourceKey: string): string {
  return `${resourceKey}#customer`
}

/** By resource and entity: one incident may have several claims. */
export function entityFactKey(resourceKey: string, entityType: string, entityId: string): string {
  return `${resourceKey}#${entityType}/${encodeKeyPart(entityId)}`
}

export function unresolvedFactKey(resourceKey: string, recordId: string): string {
  return `${resourceKey}#unresolved/${recordId}`
}

/** The resource a fact is about. */
export function resourceKeyOf(factKey: string): string {
  return factKey.slice(0, factKey.indexOf('#'))
}

export function recallCustomer(
  memory: CrmMemory,
  resourceKey: string,
  calendar: Calendar,
): CustomerFact | null {
  const fact = memory.get(customerFactKey(resourceKey))
  return fact?.kind === 'customer' && !isOutlived(fact, calendar) ? fact : null
}

export function recallEntity(
  memory: CrmMemory,
  entityKey: string,
  calendar: Calendar,
): EntityFact | null {
  const fact = memory.get(entityKey)
  if (fact?.kind !== 'entity') return null
  return isLasting(entityKey) || !isOutlived(fact, calendar) ? fact : null
}
