// Which values of an envelope the event already holds. A value is held only where the event says the
// same, so whatever was not used, or not as it stood there, stays among the attributes.

import type { RawDelivery } from '@fleet/contracts'
import type { BodyView } from '../body-view.ts'
import type { EndpointPaths } from '../endpoint.ts'
import { deliveryAttemptOf, eventTypeOf } from '../envelope.ts'
import { parseId } from '../identity.ts'
import { toPath } from '../paths.ts'
import type { Path } from '../paths.ts'
import { normalizeResourceType } from '../resource-type.ts'
import type { Json } from '../strict-json.ts'
import { parseTime } from '../times.ts'
import { addHeldModePaths } from './mode.ts'

const tenantPath = toPath('$.tenant_id')
/** Fields about the delivery, beside the one at `paths.delivery_attempt`. */
const deliveryPaths: readonly Path[] = ['$.delivery_id', '$.delivered_at', '$.attempt'].map(toPath)

export interface EnvelopePaths {
  readonly paths: EndpointPaths
  readonly fallbackPaths: Partial<EndpointPaths>
}

/** What the event took from the envelope, and where it stands in the body. */
export interface HeldEnvelope {
  /** Every path whose value the envelope's part of the event holds. */
  readonly paths: readonly Path[]
  /** The event's time stands in the body, and not as one of the delivery's own fields. */
  readonly hasOwnTime: boolean
  readonly subaccountId: string | null
}

export function readHeldEnvelope(
  raw: RawDelivery,
  body: BodyView,
  envelope: EnvelopePaths,
): HeldEnvelope {
  const held: Path[] = []
  let hasOwnTime = false
  let subaccountId: string | null = null
  const { compared, ofMembers, deeper, ownTimes } = listed(envelope)
  for (const { field, first, second } of compared) {
    let path = first
    let value = valueAt(body, path)
    if (value === null) {
      path = second
      value = valueAt(body, path)
    }
    if (path === null || value === null || !isHeld(field, value, raw)) continue
    held.push(path)
    if (field === 'occurredAt') hasOwnTime = ownTimes.includes(path)
    if (field === 'subaccountId') subaccountId = parseId(value)
  }
  heldEverywhere(raw, body, held)
  // A field of the envelope that says null says nothing.
  for (const name of body.nullNames()) {
    const path = ofMembers.get(name)
    if (path !== undefined) held.push(path)
  }
  for (const path of deeper) if (body.at(path) === null) held.push(path)
  return { paths: held, hasOwnTime, subaccountId }
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
function valueAt(body: BodyView, path: Path | null): Json {
  return path === null ? null : (body.at(path) ?? null)
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
export function heldEverywhere(raw: RawDelivery, body: BodyView, into: Path[] = []): Path[] {
  const sent = body.at(tenantPath) ?? null
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
  /** Fields about the delivery: a retry changes them. */
  readonly ofDelivery: readonly Path[]
  /** Of the event's time, but for what is within a field about the delivery. */
  readonly ownTimes: readonly Path[]
}

const known = new WeakMap<EndpointPaths, Listed>()

/** Where fields about the delivery stand, which a retry changes. */
export function pathsOfDelivery(envelope: EnvelopePaths): readonly Path[] {
  return listed(envelope).ofDelivery
}

function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`)
}

/** One object for each text, because they are compared as objects; `toPath` does not promise that. */
function pathsByText(): (text: string | null | undefined) => Path | null {
  const made = new Map(deliveryPaths.map(path => [path.text, path]))
  return text => {
    if (text === null || text === undefined) return null
    const path = made.get(text) ?? toPath(text)
    made.set(text, path)
    return path
  }
}

function listed({ paths, fallbackPaths }: EnvelopePaths): Listed {
  const found = known.get(paths)
  if (found !== undefined && found.fallbackPaths === fallbackPaths) return found
  const asPath = pathsByText()
  const both = allFields.flatMap(field => [asPath(paths[field]), asPath(fallbackPaths[field])])
  const all = both.filter(path => path !== null)
  const attempt = asPath(paths.deliveryAttempt)
  const ofDelivery = attempt === null ? deliveryPaths : [...deliveryPaths, attempt]
  const made: Listed = {
    ofDelivery,
    ownTimes: [asPath(paths.occurredAt), asPath(fallbackPaths.occurredAt)]
      .filter(path => path !== null)
      .filter(({ text }) => !ofDelivery.some(outer => isWithin(text, outer.text))),
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
  }
  known.set(paths, made)
  return made
}

function resourceTypeOf(value: Json): string | null {
  return typeof value === 'string' ? normalizeResourceType(value) : null
}
