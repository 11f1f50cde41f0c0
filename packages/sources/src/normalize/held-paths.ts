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
import { heldModePaths } from './mode.ts'

export interface EnvelopePaths {
  readonly paths: EndpointPaths
  readonly fallbackPaths: Partial<EndpointPaths>
}

/** The path whose value the event took for this field; null when it came from elsewhere. */
function pathOf(
  body: Json,
  envelope: EnvelopePaths,
  field: keyof EndpointPaths,
  isHeld: (value: Json) => boolean,
): string | null {
  const candidates = [envelope.paths[field], envelope.fallbackPaths[field] ?? null]
  for (const path of candidates) {
    const value = path === null ? undefined : readPath(body, path)
    if (value !== undefined && value !== null) return isHeld(value) ? path : null
  }
  return null
}

/** Where the event's time stands in the body; null when it is the delivery's or the receipt's. */
export function occurredAtPath(
  raw: RawDelivery,
  body: Json,
  envelope: EnvelopePaths,
): string | null {
  return pathOf(body, envelope, 'occurredAt', value => parseTime(value) === raw.occurred_at)
}

/** The subaccount and the path it stands at. */
export function readSubaccount(
  body: Json,
  envelope: EnvelopePaths,
): { id: string | null; path: string | null } {
  const path = pathOf(body, envelope, 'subaccountId', value => parseId(value) !== null)
  return { id: path === null ? null : parseId(readPath(body, path)), path }
}

/** Every path whose value the envelope's part of the event holds. */
export function heldEnvelopePaths(
  raw: RawDelivery,
  body: Json,
  envelope: EnvelopePaths,
): readonly string[] {
  const held = [
    pathOf(body, envelope, 'eventId', value => parseId(value) === raw.event_id),
    pathOf(body, envelope, 'eventType', value => eventTypeOf(value) === raw.source_event_type),
    pathOf(body, envelope, 'resourceType', value => resourceTypeOf(value) === raw.resource_type),
    pathOf(body, envelope, 'resourceId', value => parseId(value) === raw.resource_id),
    pathOf(
      body,
      envelope,
      'deliveryAttempt',
      value => raw.delivery_attempt !== null && deliveryAttemptOf(value) === raw.delivery_attempt,
    ),
    occurredAtPath(raw, body, envelope),
    readSubaccount(body, envelope).path,
    ...heldEverywhere(raw, body),
    ...emptyPaths(body, envelope),
  ]
  return held.filter(path => path !== null)
}

/** What any adapter's body may say about tenant and mode. */
export function heldEverywhere(raw: RawDelivery, body: Json): readonly string[] {
  const sent = readPath(body, '$.tenant_id') ?? null
  // Null says nothing, as everywhere in the envelope.
  const tenant = sent === null || parseId(sent) === raw.tenant_id ? ['$.tenant_id'] : []
  return [...tenant, ...heldModePaths(body)]
}

/** A field of the envelope that says null says nothing. */
function emptyPaths(body: Json, envelope: EnvelopePaths): readonly string[] {
  const paths = [...Object.values(envelope.paths), ...Object.values(envelope.fallbackPaths)]
  return paths.filter(path => path !== null).filter(path => readPath(body, path) === null)
}

function resourceTypeOf(value: Json): string | null {
  return typeof value === 'string' ? normalizeResourceType(value) : null
}
