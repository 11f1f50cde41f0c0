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
  const { compared, all } = listed(envelope)
  for (const { field, first, second } of compared) {
    let path = first
    let value = valueAt(body, path)
    if (value === null) {
      path = second
      value = valueAt(body, path)
    }
    if (path === null || value === null || !isHeld(field, value, raw)) continue
    held.push(path)
    if (field === 'occurredAt') occurredAtPath = path
    if (field === 'subaccountId') subaccountId = parseId(value)
  }
  heldEverywhere(raw, body, held)
  // A field of the envelope that says null says nothing.
  for (const path of all) if (readPath(body, path) === null) held.push(path)
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

const allFields = [...comparedFields, 'data'] as const satisfies readonly (keyof EndpointPaths)[]

/** The paths of one endpoint as lists, which is what every body of it needs. */
interface Listed {
  readonly fallbackPaths: Partial<EndpointPaths>
  readonly compared: readonly {
    readonly field: (typeof comparedFields)[number]
    readonly first: string | null
    readonly second: string | null
  }[]
  /** Of every field, in their order. */
  readonly all: readonly string[]
}

const known = new WeakMap<EndpointPaths, Listed>()

function listed({ paths, fallbackPaths }: EnvelopePaths): Listed {
  const found = known.get(paths)
  if (found !== undefined && found.fallbackPaths === fallbackPaths) return found
  const both = allFields.flatMap(field => [paths[field], fallbackPaths[field] ?? null])
  const made: Listed = {
    fallbackPaths,
    compared: comparedFields.map(field => ({
      field,
      first: paths[field],
      second: fallbackPaths[field] ?? null,
    })),
    all: both.filter(path => path !== null),
  }
  known.set(paths, made)
  return made
}

function resourceTypeOf(value: Json): string | null {
  return typeof value === 'string' ? normalizeResourceType(value) : null
}
