// Smartcar version 2: scheduled and dynamic deliveries about up to 64 vehicles, of which each raw record
// is one, and event-based ones about a single vehicle. A part must not depend on the other vehicles.

import type { RawDelivery } from '@fleet/contracts'
import { addAttributes, attributesFrom, withoutPaths } from '../attributes.ts'
import { viewOf } from '../body-view.ts'
import { canonicalJson } from '../canonical-json.ts'
import { eventTimeOf } from '../envelope.ts'
import { parseId } from '../identity.ts'
import { readPath, textsOf } from '../paths.ts'
import { readSignals } from '../signals.ts'
import { newestObservedAt } from '../smartcar/observed-at.ts'
import { elements, member } from '../strict-json.ts'
import type { Json } from '../strict-json.ts'
import { heldEverywhere } from './held-paths.ts'
import type { Reading } from './reading.ts'
import { withoutLentTimes } from './smartcar-event.ts'
import { readVehicleErrors } from './vehicle-errors.ts'
import { heldInfoPaths, readVehicleInfo } from './vehicle-info.ts'
import { stateEventType } from './vehicle-type.ts'

/** A part of a scheduled or dynamic delivery. */
export function readSmartcarVehicle(raw: RawDelivery, occurredAt: number, body: Json): Reading {
  const vehicle = elements(readPath(body, '$.payload.vehicles'))[raw.part_index]
  const items = elements(member(vehicle, 'data'))
  const signals = readSignals(items, vehicle, occurredAt)
  const errors = readVehicleErrors(errorsOf(vehicle))
  const fields = {
    vehicle_id: raw.resource_id,
    user_id: null,
    ...readVehicleInfo(vehicle),
    triggers: [],
    signals: signals.signals,
    errors: errors.items,
  }
  const own = ownAttributes(raw, vehicle, { data: signals.rest, errors: errors.rest })
  const hasOwnTime =
    newestObservedAt(items, vehicle) !== null ||
    (vehicle !== undefined && newestObservedAt([vehicle], undefined) !== null)
  return {
    domain: 'vehicle',
    eventType: stateEventType(signals.signals),
    subaccountId: null,
    fields,
    attributes: attributesFrom(
      new Map([...envelopeAttributes(raw, body, ['$.payload.vehicles']), ...own]),
    ),
    content: {
      fields: hasOwnTime ? fields : withoutLentTimes(fields, signals),
      attributes: attributesFrom(new Map([...subscriptionOf(body), ...own])),
      hasOwnTime,
    },
  }
}

function ownAttributes(
  raw: RawDelivery,
  vehicle: Json | undefined,
  rests: { readonly data: Json | undefined; readonly errors: Json | undefined },
): ReadonlyMap<string, string> {
  const lists = ['data', 'errors'].filter(name => Array.isArray(member(vehicle, name)))
  const held = [
    ...heldInfoPaths(vehicle, '$', 'vehicleId', raw.resource_id),
    ...lists.map(name => `$.${name}`),
    ...(isErrorOrNull(member(vehicle, 'error')) ? ['$.error'] : []),
  ]
  const own = new Map<string, string>()
  addAttributes(own, withoutPaths(vehicle, held), 'vehicle.', 'vehicle')
  if (rests.data !== undefined) own.set('vehicle.data', canonicalJson(rests.data))
  if (rests.errors !== undefined) own.set('vehicle.errors', canonicalJson(rests.errors))
  return own
}

/** Errors of a whole vehicle stand in a list, or there is a single one. */
function errorsOf(vehicle: Json | undefined): readonly Json[] {
  const single = member(vehicle, 'error') ?? null
  const list = elements(member(vehicle, 'errors'))
  return single !== null && isErrorOrNull(single) ? [...list, single] : list
}

function isErrorOrNull(value: Json | undefined): boolean {
  return typeof value === 'string' || (typeof value === 'object' && !Array.isArray(value))
}

/** What makes two deliveries of one vehicle's data the same subscription's; `scheduled` has two names. */
function subscriptionOf(body: Json): ReadonlyMap<string, string> {
  const name = member(body, 'eventName')
  return new Map([
    ['eventName', canonicalJson(name === 'scheduled' ? 'schedule' : name)],
    ['webhookId', canonicalJson(member(body, 'webhookId'))],
  ])
}

/** `eventBased`: something happened to one vehicle, and nothing was measured. */
export function readSmartcarOccurrence(
  raw: RawDelivery,
  sourceEventType: string,
  body: Json,
): Reading {
  const time = readPath(body, '$.payload.eventTime') ?? readPath(body, '$.eventTime') ?? undefined
  const fields = {
    vehicle_id: raw.resource_id,
    user_id: null,
    ...readVehicleInfo(undefined),
    triggers: [],
    signals: [],
    errors: [],
  }
  const attributes = envelopeAttributes(raw, body, heldOccurrence(raw, body))
  // Our type is the same for all of them; theirs tells two occurrences apart.
  const counted = new Map([...attributes, ['eventName', canonicalJson(sourceEventType)]])
  counted.delete('meta')
  return {
    domain: 'vehicle',
    eventType: stateEventType([]),
    subaccountId: null,
    fields,
    attributes: attributesFrom(attributes),
    content: {
      fields,
      attributes: attributesFrom(counted),
      hasOwnTime: eventTimeOf(time) !== null,
    },
  }
}

function heldOccurrence(raw: RawDelivery, body: Json): readonly string[] {
  return ['$.payload', '$'].flatMap(base => {
    const value = (name: string): Json | undefined => readPath(body, `${base}.${name}`)
    const held: [name: string, isHeld: boolean][] = [
      ['eventId', parseId(value('eventId')) === raw.event_id],
      ['vehicleId', parseId(value('vehicleId')) === raw.resource_id],
      ['eventTime', eventTimeOf(value('eventTime')) === raw.occurred_at],
      ['eventType', isTypeOf(raw, value('eventType'))],
    ]
    return held.filter(([, isHeld]) => isHeld).map(([name]) => `${base}.${name}`)
  })
}

function isTypeOf(raw: RawDelivery, eventType: Json | undefined): boolean {
  return typeof eventType === 'string' && `eventBased:${eventType}` === raw.source_event_type
}

/** Members of the delivery by name, those of `payload` with it. */
function envelopeAttributes(
  raw: RawDelivery,
  body: Json,
  held: readonly string[],
): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>()
  const rest = withoutPaths(body, [
    '$.eventName',
    ...textsOf(heldEverywhere(raw, viewOf(body, null))),
    ...held,
  ])
  addAttributes(attributes, rest, '', 'body')
  return attributes
}
