// The outcome of identification: a challenge to answer, or the records to write. Whatever the body was,
// there is at least one record: what cannot be identified is kept whole and says why.

import { resourceKey, unidentifiedKey } from '@fleet/contracts'
import { encodeHex } from './encodings.ts'
import type { Endpoint } from './endpoint.ts'
import type { Platform } from './platform.ts'

export type UnidentifiedReason =
  | 'not_json'
  | 'not_an_object'
  | 'no_event_id'
  | 'no_event_type'
  | 'no_resource_type'
  | 'no_resource_id'
  | 'no_vehicles'
  | 'too_many_vehicles'
  | 'vehicle_without_id'
  /** Complete, but of a type the endpoint does not accept. */
  | 'event_type_not_accepted'

/** What an adapter could read; null where there was nothing usable. */
export interface Facts {
  readonly eventId: string | null
  readonly sourceEventType: string | null
  readonly resourceType: string | null
  readonly resourceId: string | null
  /** Microseconds. */
  readonly occurredAt: number | null
  readonly deliveryAttempt: number | null
}

export const noFacts: Facts = {
  eventId: null,
  sourceEventType: null,
  resourceType: null,
  resourceId: null,
  occurredAt: null,
  deliveryAttempt: null,
}

/** One raw record: what is known about it and the key it is written under. */
export interface IdentifiedPart extends Facts {
  readonly key: string
  readonly partIndex: number
  readonly partCount: number
  readonly unidentifiedReason: UnidentifiedReason | null
}

export type Identified =
  | { readonly kind: 'challenge'; readonly challenge: string }
  /** A challenge outside the alphabet that is safe to sign. */
  | { readonly kind: 'challenge_refused' }
  | { readonly kind: 'records'; readonly parts: readonly IdentifiedPart[] }

/** One record of the delivery, under its resource's key if everything that takes is known. */
export function onePart(
  endpoint: Endpoint,
  facts: Facts,
  body: Uint8Array,
  platform: Pick<Platform, 'sha256'>,
): Identified {
  const { eventId, sourceEventType, resourceType, resourceId } = facts
  if (eventId === null) return unidentified(endpoint, 'no_event_id', facts, body, platform)
  if (sourceEventType === null)
    return unidentified(endpoint, 'no_event_type', facts, body, platform)
  if (resourceType === null)
    return unidentified(endpoint, 'no_resource_type', facts, body, platform)
  if (resourceId === null) return unidentified(endpoint, 'no_resource_id', facts, body, platform)
  const key = resourceKey(endpoint.tenantId, resourceType, resourceId)
  return onlyRecord(key, facts, null)
}

/** The whole delivery as one record, with what is known about it. */
export function unidentified(
  endpoint: Endpoint,
  unidentifiedReason: UnidentifiedReason,
  facts: Facts,
  body: Uint8Array,
  platform: Pick<Platform, 'sha256'>,
): Identified {
  const key = unidentifiedKey(endpoint.tenantId, encodeHex(platform.sha256(body)))
  return onlyRecord(key, facts, unidentifiedReason)
}

/** Field by field: spreading the facts takes 4 % of a delivery on Node 20. */
function onlyRecord(
  key: string,
  facts: Facts,
  unidentifiedReason: UnidentifiedReason | null,
): Identified {
  const part: IdentifiedPart = {
    eventId: facts.eventId,
    sourceEventType: facts.sourceEventType,
    resourceType: facts.resourceType,
    resourceId: facts.resourceId,
    occurredAt: facts.occurredAt,
    deliveryAttempt: facts.deliveryAttempt,
    key,
    partIndex: 0,
    partCount: 1,
    unidentifiedReason,
  }
  return { kind: 'records', parts: [part] }
}
