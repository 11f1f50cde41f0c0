// One normalized event becomes at most one CRM record, and completes records of its resource that were
// written without a customer. What it says comes from this event and from other events of the same
// resource; what another resource may know is never guessed.

import type { Coordinates, CrmRecord } from '@fleet/contracts'

import { complete, keepUnresolved } from './complete.ts'
import type { Completion } from './complete.ts'
import type { CrmEvent } from './crm-event.ts'
import { resolveCustomer } from './customer.ts'
import type { ResolvedCustomer } from './customer.ts'
import { carriedOver, idsOf, keptOf, readingsOf, sentOf, wordsOf } from './details.ts'
import type { Readings } from './details.ts'
import { entityTypeOf, knownActionOf } from './known-types.ts'
import type { EntityType } from './known-types.ts'
import { entityFactKey, isLasting, recallEntity } from './memory.ts'
import type { Calendar, CrmChange, CrmMemory, EntityFact } from './memory.ts'
import { statusOf } from './status.ts'
import type { Taxonomy } from './taxonomy.ts'

export interface CrmContext {
  /** Key of the event's record. */
  key: string
  /** Of the event itself, also when a dead letter brings it back. */
  origin: Coordinates
  /** A dead letter that came back: events behind it may have been decided before it. */
  isReplayed: boolean
  nowMicros: number
  calendar: Calendar
  taxonomy: Taxonomy
  sha256Hex: (text: string) => string
}

export interface CrmOutcome {
  /** Null: this event gives no record. */
  record: CrmRecord | null
  /** Earlier records that now have a customer; they come before `record`. */
  completed: readonly CrmRecord[]
  changes: readonly CrmChange[]
}

type CrmAction = 'UPSERT' | 'HISTORY' | 'ERASE'

interface Entity {
  type: EntityType
  id: string
}

const nothing: CrmOutcome = { record: null, completed: [], changes: [] }

export function toCrmRecords(memory: CrmMemory, input: CrmEvent, context: CrmContext): CrmOutcome {
  const { event } = input
  const { calendar, key } = context
  if (event.mode === 'TEST') return nothing

  const entity = entityOf(input)
  const entityKey = entityFactKey(key, entity.type, entity.id)
  const before = recallEntity(memory, entityKey, calendar)
  if (before?.deleted === true && event.disposition === 'SUPERSEDED') {
    return { ...nothing, changes: entityChanges(entityKey, before, before, calendar) }
  }

  const knownAction = knownActionOf(input.domain, event.event_type)
  const isOvertaken = context.isReplayed && isFromLater(before, input, context)
  if (before?.deleted === true && isOvertaken) return nothing
  const action = isOvertaken ? 'HISTORY' : crmActionOf(input, knownAction)
  const status =
    action === 'UPSERT' && knownAction !== null
      ? statusOf(event.attributes, knownAction, before?.status ?? null)
      : null
  const said = readingsOf(context.taxonomy, input)
  const readings = action === 'UPSERT' ? carriedOver(said, before) : said
  const customer = resolveCustomer(memory, input, key, calendar)
  const record = recordOf(input, { entity, action, status, readings, customer }, context)
  const completion = completionOf(memory, input, customer, context)
  return {
    record,
    completed: completion.records,
    changes: [
      ...customer.changes,
      ...completion.changes,
      ...entityChanges(
        entityKey,
        before,
        entityAfter(before, { action, status, readings }, event.effective_at, context.origin),
        calendar,
      ),
      ...(customer.resolution === 'UNRESOLVED'
        ? keepUnresolved(memory, key, record, calendar)
        : []),
    ],
  }
}

interface Verdict {
  entity: Entity
  action: CrmAction
  status: string | null
  readings: Readings
  customer: ResolvedCustomer
}

function recordOf(
  input: CrmEvent,
  { entity, action, status, readings, customer }: Verdict,
  context: CrmContext,
): CrmRecord {
  const { event } = input
  const { topic, partition } = context.origin
  return {
    record_id: recordId(event.tenant_id, event.source, event.event_id, context),
    action,
    entity_type: entity.type,
    entity_id: entity.id,
    tenant_id: event.tenant_id,
    subaccount_id: event.subaccount_id,
    customer_id: customer.customerId,
    customer_resolution: customer.resolution,
    ...idsOf(input),
    ...sentOf(input),
    ...wordsOf(context.taxonomy, readings),
    status,
    status_at: status === null ? null : event.effective_at,
    event_id: event.event_id,
    event_type: event.event_type,
    occurred_at: event.occurred_at,
    effective_at: event.effective_at,
    processed_at: context.nowMicros,
    disposition: event.disposition,
    origin: context.origin,
    // Who was erased is not to be looked up.
    history: action === 'ERASE' ? null : { topic, key: context.key, partition },
    completed_by: null,
  }
}

/** A contact is never without a customer, and names none for another resource. */
function completionOf(
  memory: CrmMemory,
  { domain, event }: CrmEvent,
  { customerId, resolution }: ResolvedCustomer,
  { key, nowMicros, calendar }: CrmContext,
): Completion {
  if (domain === 'customer' || customerId === null || resolution !== 'KNOWN') {
    return { records: [], changes: [] }
  }
  return complete(memory, key, { customerId, eventId: event.event_id, nowMicros }, calendar)
}

function entityOf(input: CrmEvent): Entity {
  const { event } = input
  const type = entityTypeOf(input.domain, event.event_type)
  const claimId = type === 'claim' && input.domain === 'incident' ? input.event.claim_id : null
  return { type, id: claimId ?? event.resource.id }
}

/** An event that lost, or that we don't know, tells what happened but changes nothing. */
function crmActionOf(input: CrmEvent, knownAction: string | null): CrmAction {
  if (knownAction === null || input.event.disposition === 'SUPERSEDED') return 'HISTORY'
  if (input.domain === 'customer' && knownAction === 'deleted') return 'ERASE'
  return 'UPSERT'
}

/** History leaves the entity alone: an erased contact stays erased until an event restores it. */
function entityAfter(
  before: EntityFact | null,
  { action, status, readings }: Pick<Verdict, 'action' | 'status' | 'readings'>,
  at: number,
  { offset }: Coordinates,
): EntityFact | null {
  if (action === 'HISTORY') return before
  const deleted = action === 'ERASE'
  return { kind: 'entity', status, at, offset, deleted, ...keptOf(readings) }
}

/** Whether the entity has been given what it is by an event that stands behind this one. */
function isFromLater(
  before: EntityFact | null,
  { event }: CrmEvent,
  { origin }: CrmContext,
): boolean {
  if (before === null) return false
  if (before.offset !== undefined) return before.offset > origin.offset
  // Not known: rather a line of history too many than a status or a contact that comes back.
  return before.deleted || (before.at ?? -Infinity) >= event.effective_at
}

/** Written when it differs, and, unless it is kept for good, once a day while it is in use. */
function entityChanges(
  key: string,
  before: EntityFact | null,
  after: EntityFact | null,
  { today: day }: Calendar,
): readonly CrmChange[] {
  if (after === null) return []
  if (isLasting(key)) return after === before ? [] : [{ key, value: after }]
  return after === before && after.day === day ? [] : [{ key, value: { ...after, day } }]
}

/** The same event always gives the same id, so that a consumer may upsert by it. */
function recordId(tenantId: string, source: string, eventId: string, context: CrmContext): string {
  const identity = JSON.stringify(['crm', tenantId, source, context.key, eventId])
  return context.sha256Hex(identity).slice(0, 32)
}
