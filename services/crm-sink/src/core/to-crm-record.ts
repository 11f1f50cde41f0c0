// One normalized event becomes at most one CRM record. What it says comes from this event and from
// earlier events of the same resource; what another resource may know is never guessed.

import type { Coordinates, CrmRecord } from '@fleet/contracts'

import type { CrmEvent } from './crm-event.ts'
import { resolveCustomer } from './customer.ts'
import { entityTypeOf, knownActionOf } from './known-types.ts'
import type { EntityType } from './known-types.ts'
import { entityFactKey, recallEntity } from './memory.ts'
import type { CrmChange, CrmMemory, EntityFact } from './memory.ts'
import { statusOf } from './status.ts'

export interface CrmContext {
  /** Key of the event's record. */
  key: string
  origin: Coordinates
  nowMicros: number
  sha256Hex: (text: string) => string
}

export interface CrmOutcome {
  /** Null: this event gives no record. */
  record: CrmRecord | null
  changes: readonly CrmChange[]
}

type CrmAction = 'UPSERT' | 'HISTORY' | 'ERASE'

interface Entity {
  type: EntityType
  id: string
}

const nothing: CrmOutcome = { record: null, changes: [] }

export function toCrmRecord(memory: CrmMemory, input: CrmEvent, context: CrmContext): CrmOutcome {
  const { event } = input
  if (event.mode === 'TEST') return nothing

  const entity = entityOf(input)
  const entityKey = entityFactKey(context.key, entity.type, entity.id)
  const before = recallEntity(memory, entityKey)
  if (before?.deleted === true && event.disposition === 'SUPERSEDED') return nothing

  const knownAction = knownActionOf(input.domain, event.event_type)
  const action = crmActionOf(input, knownAction)
  const status =
    action === 'UPSERT' && knownAction !== null
      ? statusOf(event.attributes, knownAction, before?.status ?? null)
      : null
  const customer = resolveCustomer(memory, input, context.key)

  const changes = [...customer.changes]
  const after = entityAfter(before, action, status)
  if (after !== before) changes.push({ key: entityKey, value: after })

  const record: CrmRecord = {
    record_id: recordId(event.tenant_id, event.source, event.event_id, context),
    action,
    entity_type: entity.type,
    entity_id: entity.id,
    tenant_id: event.tenant_id,
    subaccount_id: event.subaccount_id,
    customer_id: customer.customerId,
    customer_resolution: customer.resolution,
    ...detailsOf(input),
    status,
    status_at: status === null ? null : event.effective_at,
    event_id: event.event_id,
    event_type: event.event_type,
    occurred_at: event.occurred_at,
    effective_at: event.effective_at,
    processed_at: context.nowMicros,
    disposition: event.disposition,
    origin: context.origin,
  }
  return { record, changes }
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
  action: CrmAction,
  status: string | null,
): EntityFact | null {
  if (action === 'HISTORY') return before
  if (action === 'ERASE') return { kind: 'entity', status: null, deleted: true }
  if (before !== null && before.status === status && !before.deleted) return before
  return { kind: 'entity', status, deleted: false }
}

type Details = Pick<CrmRecord, 'reservation_id' | 'rental_session_id' | 'severity' | 'category'>

/** The ids the event itself names, and why it happened in one word where the source says so. */
function detailsOf(input: CrmEvent): Details {
  const none = { reservation_id: null, rental_session_id: null, severity: null, category: null }
  switch (input.domain) {
    case 'reservation':
      return { ...none, reservation_id: input.event.resource.id, category: input.event.reason }
    case 'rental_session':
      return {
        ...none,
        reservation_id: input.event.reservation_id,
        rental_session_id: input.event.resource.id,
        category: input.event.reason,
      }
    case 'incident':
      return {
        reservation_id: input.event.reservation_id,
        rental_session_id: input.event.rental_session_id,
        severity: input.event.severity,
        category: input.event.category,
      }
    case 'violation':
      return {
        ...none,
        rental_session_id: input.event.rental_session_id,
        category: input.event.violation_code ?? input.event.reason,
      }
    case 'customer':
      return none
  }
}

/** The same event always gives the same id, so that a consumer may upsert by it. */
function recordId(tenantId: string, source: string, eventId: string, context: CrmContext): string {
  const identity = JSON.stringify(['crm', tenantId, source, context.key, eventId])
  return context.sha256Hex(identity).slice(0, 32)
}
