// Which values of an envelope the event already holds. A value is held only where the event says the
// same, so whatever was not used, or not as it stood there, stays among the attributes.

import type { RawDelivery } from '@fleet/contracts'
import { deepNames } from '../domain-fields.ts'
import type { EndpointPaths } from '../endpoint.ts'
import { deliveryAttemptOf, eventTypeOf } from '../envelope.ts'
import { parseId } from '../identity.ts'
import { readAt, toPath } from '../paths.ts'
import type { Path } from '../paths.ts'
import type { BodyLayout } from '../plain-body.ts'
import { normalizeResourceType } from '../resource-type.ts'
import type { Json, JsonObject } from '../strict-json.ts'
import { parseTime } from '../times.ts'
import { addHeldModePaths, modePaths } from './mode.ts'

const tenantPath = toPath('$.tenant_id')
/** Fields about the delivery, beside the one at `paths.delivery_attempt`: a retry changes them. */
export const deliveryPaths: readonly Path[] = ['$.delivery_id', '$.delivered_at', '$.attempt'].map(
  toPath,
)

export interface EnvelopePaths {
  readonly paths: EndpointPaths
  readonly fallbackPaths: Partial<EndpointPaths>
}

/** What the event took from the envelope, and where it stands in the body. */
export interface HeldEnvelope {
  /** Every path whose value the envelope's part of the event holds. */
  readonly paths: readonly Path[]
  /** Where the event's time stands; null when it is the delivery's or the receipt's. */
  readonly occurredAtPath: Path | null
  readonly subaccountId: string | null
}

export function readHeldEnvelope(
  raw: RawDelivery,
  body: JsonObject,
  envelope: EnvelopePaths,
): HeldEnvelope {
  const held: Path[] = []
  let occurredAtPath: Path | null = null
  let subaccountId: string | null = null
  const { compared, ofMembers, deeper } = listed(envelope)
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
  // A field of the envelope that says null says nothing. Few members say null, and bodies have fewer
  // members than envelopes have paths.
  for (const name in body) {
    const path = body[name] === null ? ofMembers.get(name) : undefined
    if (path !== undefined) held.push(path)
  }
  for (const path of deeper) if (readAt(body, path) === null) held.push(path)
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
function valueAt(body: Json, path: Path | null): Json {
  return path === null ? null : (readAt(body, path) ?? null)
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
export function heldEverywhere(raw: RawDelivery, body: Json, into: Path[] = []): Path[] {
  const sent = readAt(body, tenantPath) ?? null
  // Null says nothing, as everywhere in the envelope.
  if (sent === null || parseId(sent) === raw.tenant_id) into.push(tenantPath)
  addHeldModePaths(body, into)
  return into
}

const allFields = [...comparedFields, 'data'] as const satisfies readonly (keyof EndpointPaths)[]

/** The paths of one endpoint as lists, which is what every body of it needs. */
interface Listed {
  readonly fallbackPaths: Partial<EndpointPaths>
  readonly compared: readonly {
    readonly field: (typeof comparedFields)[number]
    readonly first: Path | null
    readonly second: Path | null
  }[]
  /** Of every field: by the member of the body they lead to, and those that lead further. */
  readonly ofMembers: ReadonlyMap<string, Path>
  readonly deeper: readonly Path[]
  readonly layout: BodyLayout | null
}

const known = new WeakMap<EndpointPaths, Listed>()

/** What of a body these paths lead to; null where its data is no member of the body itself. */
export function layoutOf(envelope: EnvelopePaths): BodyLayout | null {
  return listed(envelope).layout
}

function listed({ paths, fallbackPaths }: EnvelopePaths): Listed {
  const found = known.get(paths)
  if (found !== undefined && found.fallbackPaths === fallbackPaths) return found
  const asPath = (text: string | null | undefined): Path | null =>
    text === null || text === undefined ? null : toPath(text)
  const both = allFields.flatMap(field => [asPath(paths[field]), asPath(fallbackPaths[field])])
  const all = both.filter(path => path !== null)
  const made: Listed = {
    fallbackPaths,
    compared: comparedFields.map(field => ({
      field,
      first: asPath(paths[field]),
      second: asPath(fallbackPaths[field]),
    })),
    ofMembers: new Map(
      all.flatMap(path => (path.memberName === null ? [] : [[path.memberName, path]])),
    ),
    deeper: all.filter(({ memberName }) => memberName === null),
    layout: toLayout(
      asPath(paths.data),
      [...both, ...modePaths, tenantPath, ...deliveryPaths].filter(path => path !== null),
    ),
  }
  known.set(paths, made)
  return made
}

function toLayout(dataPath: Path | null, paths: readonly Path[]): BodyLayout | null {
  const dataName = dataPath === null ? null : dataPath.memberName
  if (dataPath !== null && dataName === null) return null
  const wholeNames = new Set<string>()
  for (const { steps } of paths) {
    const [first] = steps ?? []
    // Members of the data are there to be looked at.
    if (first !== undefined && (steps?.length ?? 0) > (first.name === dataName ? 2 : 1)) {
      wholeNames.add(first.name)
    }
  }
  return { dataName, wholeNames, wholeDataNames: deepNames }
}

function resourceTypeOf(value: Json): string | null {
  return typeof value === 'string' ? normalizeResourceType(value) : null
}
