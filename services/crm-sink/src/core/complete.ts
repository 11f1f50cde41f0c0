// Records without a customer, kept until an event of the same resource names one. Then each is written
// once more under the same record_id. A status that a later record has replaced is not said again:
// such a record comes as HISTORY, so that applying the topic in order never goes back in time.

import type { CrmRecord } from '@fleet/contracts'

import { isOutlived, unresolvedFactKey } from './memory.ts'
import type { Calendar, CrmChange, CrmMemory } from './memory.ts'

/** How many records one resource may leave open: they are written in one transaction. */
const unresolvedPerResourceMax = 100

export interface Completion {
  records: readonly CrmRecord[]
  changes: readonly CrmChange[]
}

export interface NamedCustomer {
  customerId: string
  /** Of the event that names the customer. */
  eventId: string
  nowMicros: number
}

const nothing: Completion = { records: [], changes: [] }

/** All of the resource's open records, oldest first, now with a customer. */
export function complete(
  memory: CrmMemory,
  resourceKey: string,
  { customerId, eventId, nowMicros }: NamedCustomer,
  calendar: Calendar,
): Completion {
  const keys = memory.unresolvedOf(resourceKey)
  if (keys.length === 0) return nothing
  const open = keys.flatMap(key => {
    const fact = memory.get(key)
    if (fact?.kind !== 'unresolved' || isOutlived(fact, calendar)) return []
    return [JSON.parse(fact.json) as CrmRecord]
  })
  const newestUpserts = new Map<string, CrmRecord>()
  for (const record of open) {
    if (record.action === 'UPSERT') newestUpserts.set(entityOf(record), record)
  }
  const records = open.map(record => {
    const isOvertaken = record.action === 'UPSERT' && newestUpserts.get(entityOf(record)) !== record
    return {
      ...record,
      ...(isOvertaken ? { action: 'HISTORY', status: null, status_at: null } : {}),
      customer_id: customerId,
      customer_resolution: 'COMPLETED',
      completed_by: eventId,
      processed_at: nowMicros,
    }
  })
  return { records, changes: keys.map(key => ({ key, value: null })) }
}

/** Keeps an unresolved record; of too many, the oldest stays unresolved for good. */
export function keepUnresolved(
  memory: CrmMemory,
  resourceKey: string,
  record: CrmRecord,
  { today: day }: Calendar,
): readonly CrmChange[] {
  const key = unresolvedFactKey(resourceKey, record.record_id)
  const keys = memory.unresolvedOf(resourceKey)
  // An event that comes again has lost to itself; what is to be completed is what it said at first.
  if (keys.includes(key)) return []
  const [oldest] = keys
  const kept: CrmChange = { key, value: { kind: 'unresolved', json: JSON.stringify(record), day } }
  if (keys.length < unresolvedPerResourceMax || oldest === undefined) return [kept]
  return [{ key: oldest, value: null }, kept]
}

function entityOf({ entity_type, entity_id }: CrmRecord): string {
  return `${entity_type}/${entity_id}`
}
