// Records without a customer, kept until an event of the same resource names one. Then each is written
// once more under the same record_id. A status that a later record has replaced is not said again:
// such a record comes as HISTORY, so that applying the topic in order never goes back in time.

import type { CrmRecord } from '@fleet/contracts'

import { entityFactKey, isOutlived, recallEntity, unresolvedFactKey } from './memory.ts'
import type { Calendar, CrmChange, CrmMemory } from './memory.ts'

/** How many records one resource may leave open: they are written in one transaction. */
const unresolvedPerResourceMax = 100

/**
 * Of the JSON of an open record. An ordinary one has 1,000; texts as long as a sender likes would make
 * memory as large, and a changelog record, where they are escaped once more, too large for the broker.
 */
const unresolvedCharactersMax = 8_192

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

/** All of the resource's open records, in the order of their events, now with a customer. */
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
  // Memory has them in another order where a record was kept anew, or a dead letter came back.
  open.sort(byOrigin)
  const newestUpserts = new Map<string, CrmRecord>()
  for (const record of open) {
    if (record.action === 'UPSERT') newestUpserts.set(entityOf(record), record)
  }
  const records = open.map(record => {
    const isOvertaken =
      record.action === 'UPSERT' &&
      (newestUpserts.get(entityOf(record)) !== record ||
        isReplaced(memory, resourceKey, record, calendar))
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

/**
 * Keeps an unresolved record. One that is too large, and of too many the oldest, stay so for good.
 *
 * An event may come again after it left the dedupe window. Mostly it loses, to itself: what is to be
 * completed is what it said at first. It wins again if its time was in the future at first and was
 * held back to that of the log; then its newer record is the one to complete.
 */
export function keepUnresolved(
  memory: CrmMemory,
  resourceKey: string,
  record: CrmRecord,
  { today: day }: Calendar,
): readonly CrmChange[] {
  const key = unresolvedFactKey(resourceKey, record.record_id)
  const keys = memory.unresolvedOf(resourceKey)
  const isKept = keys.includes(key)
  if (isKept && record.action !== 'UPSERT') return []
  const json = JSON.stringify(record)
  if (json.length > unresolvedCharactersMax) return isKept ? [{ key, value: null }] : []
  const [oldest] = keys
  const kept: CrmChange = { key, value: { kind: 'unresolved', json, day } }
  if (isKept || keys.length < unresolvedPerResourceMax || oldest === undefined) return [kept]
  return [{ key: oldest, value: null }, kept]
}

/** By a record that was too large to be kept. */
function isReplaced(
  memory: CrmMemory,
  resourceKey: string,
  { entity_type: type, entity_id: id, origin }: CrmRecord,
  calendar: Calendar,
): boolean {
  const fact = recallEntity(memory, entityFactKey(resourceKey, type, id), calendar)
  return fact?.offset !== undefined && fact.offset > origin.offset
}

function byOrigin({ origin: one }: CrmRecord, { origin: other }: CrmRecord): number {
  if (one.topic !== other.topic) return one.topic < other.topic ? -1 : 1
  return one.offset - other.offset
}

function entityOf({ entity_type, entity_id }: CrmRecord): string {
  return `${entity_type}/${entity_id}`
}
