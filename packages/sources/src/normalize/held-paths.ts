// Which values of an envelope the event already holds. A value is held only where the event says the
// same, so whatever was not used, or not as it stood there, stays among the attributes.

import type { RawDelivery } from '@fleet/contracts'
import type { EndpointPaths } from '../endpoint.ts'
import { deliveryAttemptOf, eventTypeOf } from '../envelope.ts'
import { parseId } from '../identity.ts'
import { readPath } from '../paths.ts'
import { normalizeResourceType } from '../resource-type.ts'
import type { Json } from '../strict-json.ts'
import { parseTime } from '../times.ts'
import { addHeldModePaths } from './mode.ts'

export interface EnvelopePaths {
  readonly paths: EndpointPaths
  readonly fallbackPaths: Partial<EndpointPaths>
}

/** What the event took from the envelope, and where it stands in the body. */
export interface HeldEnvelope {
  /** Every path whose value the envelope's part of the event holds. */
  readonly paths: readonly string[]
  /** Where the event's time stands; null when it is the delivery's or the receipt's. */
  readonly occurredAtPath: string | null
  readonly subaccountId: string | null
}

export function readHeldEnvelope(
  raw: RawDelivery,
  body: Json,
  envelope: EnvelopePaths,
): HeldEnvelope {
  const held: string[] = []
  let occurredAtPath: string | null = null
  let subaccountId: string | null = null
  for (const field of comparedFields) {
    let path = envelope.paths[field]
    let value = valueAt(body, path)
    if (value === null) {
      path = envelope.fallbackPaths[field] ?? null
      value = valueAt(body, path)
    }
    if (path === null || value === null || !isHeld(field, value, raw)) continue
    held.push(path)
    if (field === 'occurredAt') occurredAtPath = path
    if (field === 'subaccountId') subaccountId = parseId(value)
  }
  heldEverywhere(raw, body, held)
  addEmptyPaths(body, envelope, held)
  return { paths: held, occurredAtPath, subaccountId }
}

const comparedFields = [
  'eventId',
  'eventType',
  'resourceType',
  'resourceId',
  'deliveryAttempt',
  'occurredAt',
  'subaccountId',
] as const

/** Null where nothing stands; a value that says null says nothing. */
function valueAt(body: Json, path: string | null): Json {
  return path === null ? null : (readPath(body, path) ?? null)
}

/** Whether the event says the same. */
function isHeld(field: (typeof comparedFields)[number], value: Json, raw: RawDelivery): boolean {
  switch (field) {
    case 'eventId':
      return parseId(value) === raw.event_id
    case 'eventType':
      return eventTypeOf(value) === raw.source_event_type
    case 'resourceType':
      return resourceTypeOf(value) === raw.resource_type
    case 'resourceId':
      return parseId(value) === raw.resource_id
    case 'deliveryAttempt':
      return raw.delivery_attempt !== null && deliveryAttemptOf(value) === raw.delivery_attempt
    case 'occurredAt':
      return parseTime(value) === raw.occurred_at
    case 'subaccountId':
      return parseId(value) !== null
  }
}

/** What any adapter's body may say about tenant and mode. */
export function heldEverywhere(raw: RawDelivery, body: Json, into: string[] = []): string[] {
  const sent = readPath(body, '$.tenant_id') ?? null
  // Null says nothing, as everywhere in the envelope.
  if (sent === null || parseId(sent) === raw.tenant_id) into.push('$.tenant_id')
  addHeldModePaths(body, into)
  return into
}

/** A field of the envelope that says null says nothing. */
function addEmptyPaths(body: Json, { paths, fallbackPaths }: EnvelopePaths, into: string[]): void {
  for (const field of allFields) {
    const path = paths[field]
    if (path !== null && readPath(body, path) === null) into.push(path)
    const fallback = fallbackPaths[field] ?? null
    if (fallback !== null && readPath(body, fallback) === null) into.push(fallback)
  }
}

const allFields = [...comparedFields, 'data'] as const satisfies readonly (keyof EndpointPaths)[]

function resourceTypeOf(value: Json): string | null {
  return typeof value === 'string' ? normalizeResourceType(value) : null
}
