// Smartcar version 3 and 4: one delivery, one event about one vehicle, with its signals or errors.

import type { RawDelivery, VehicleError } from '@fleet/contracts'
import { attributesFrom, withoutPaths } from '../attributes.ts'
import { membersOf, viewOf } from '../body-view.ts'
import { canonicalJson } from '../canonical-json.ts'
import { readDomainFields } from '../domain-fields.ts'
import { mapEventType } from '../event-types.ts'
import type { MappedType } from '../event-types.ts'
import { parseId } from '../identity.ts'
import { readPath, textsOf } from '../paths.ts'
import { readSignals } from '../signals.ts'
import type { SignalReading } from '../signals.ts'
import { newestObservedAt } from '../smartcar/observed-at.ts'
import { elements, member } from '../strict-json.ts'
import type { Json } from '../strict-json.ts'
import { attributesOf } from './envelope-reading.ts'
import { heldEverywhere } from './held-paths.ts'
import type { FieldsOf } from './normalized-event.ts'
import type { Reading } from './reading.ts'
import { readTriggers, readVehicleErrors } from './vehicle-errors.ts'
import type { ListReading } from './vehicle-errors.ts'
import { heldInfoPaths, readVehicleInfo } from './vehicle-info.ts'
import { errorEventType, stateEventType } from './vehicle-type.ts'

interface VehicleLists {
  readonly signals: SignalReading
  readonly errors: ListReading<VehicleError>
  readonly triggers: ListReading<string>
}

export function readSmartcarEvent(
  raw: RawDelivery,
  sourceEventType: string,
  occurredAt: number,
  body: Json,
): Reading {
  const data = member(body, 'data')
  const vehicle = member(data, 'vehicle')
  const lists = readLists(body, occurredAt)
  const mapped = typeOf(sourceEventType, lists)
  const isVehicle = mapped.domain === 'vehicle'
  const other = isVehicle
    ? null
    : readDomainFields(mapped.domain, mapped.eventType, membersOf(data))
  const fields = other === null ? vehicleFields(raw, data, lists) : other.fields

  const own =
    sourceEventType === 'VEHICLE_ERROR'
      ? null
      : newestObservedAt(elements(member(data, 'signals')), vehicle)
  const hasOwnTime = own !== null && own === raw.occurred_at
  const attributes =
    other === null
      ? vehicleAttributes(raw, body, lists)
      : attributesOf(withoutPaths(body, heldEnvelope(raw, body)), '$.data', other.heldNames)
  const contentAttributes = new Map(attributes)
  // The whole of it is about the delivery: ids, time, attempt's version.
  contentAttributes.delete('meta')
  return {
    ...mapped,
    subaccountId: null,
    fields,
    attributes: attributesFrom(attributes),
    content: {
      fields: hasOwnTime || other !== null ? fields : withoutLentTimes(fields, lists.signals),
      attributes: attributesFrom(contentAttributes),
      hasOwnTime,
    },
  }
}

function readLists(body: Json, occurredAt: number): VehicleLists {
  const data = member(body, 'data')
  return {
    signals: readSignals(elements(member(data, 'signals')), member(data, 'vehicle'), occurredAt),
    errors: readVehicleErrors(elements(member(data, 'errors'))),
    triggers: readTriggers([
      ...elements(member(data, 'triggers')),
      ...elements(member(body, 'triggers')),
    ]),
  }
}

function typeOf(sourceEventType: string, lists: VehicleLists): MappedType {
  if (sourceEventType === 'VEHICLE_STATE') {
    return { domain: 'vehicle', eventType: stateEventType(lists.signals.signals) }
  }
  if (sourceEventType === 'VEHICLE_ERROR') {
    return { domain: 'vehicle', eventType: errorEventType(lists.errors.items) }
  }
  return mapEventType('smartcar', sourceEventType)
}

function vehicleFields(
  raw: RawDelivery,
  data: Json | undefined,
  lists: VehicleLists,
): FieldsOf<'vehicle'> {
  return {
    vehicle_id: raw.resource_id,
    user_id: parseId(member(member(data, 'user'), 'id')),
    ...readVehicleInfo(member(data, 'vehicle')),
    triggers: lists.triggers.items,
    signals: lists.signals.signals,
    errors: lists.errors.items,
  }
}

/** A signal without a time has the event's, and where that is the delivery's a retry has another. */
export function withoutLentTimes(fields: object, reading: SignalReading): object {
  const signals = reading.signals.map((signal, position) =>
    reading.withoutOwnTime.has(position) ? { ...signal, observed_at: null } : signal,
  )
  return { ...fields, signals }
}

function vehicleAttributes(
  raw: RawDelivery,
  body: Json,
  lists: VehicleLists,
): ReadonlyMap<string, string> {
  const rest = withoutPaths(body, [...heldEnvelope(raw, body), ...heldVehicle(raw, body)])
  const attributes = new Map(attributesOf(rest, '$.data', []))
  addRest(attributes, 'data.signals', lists.signals.rest)
  addRest(attributes, 'data.errors', lists.errors.rest)
  addRest(attributes, 'data.triggers', lists.triggers.rest)
  return attributes
}

function addRest(attributes: Map<string, string>, name: string, rest: Json | undefined): void {
  if (rest !== undefined) attributes.set(name, canonicalJson(rest))
}

function heldEnvelope(raw: RawDelivery, body: Json): readonly string[] {
  const held: [path: string, isHeld: boolean][] = [
    ['$.eventId', parseId(readPath(body, '$.eventId')) === raw.event_id],
    ['$.eventType', readPath(body, '$.eventType') === raw.source_event_type],
    ['$.vehicleId', parseId(readPath(body, '$.vehicleId')) === raw.resource_id],
    ['$.data', readPath(body, '$.data') === null],
  ]
  return [...pathsOf(held), ...textsOf(heldEverywhere(raw, viewOf(body, null)))]
}

function heldVehicle(raw: RawDelivery, body: Json): readonly string[] {
  const vehicle = readPath(body, '$.data.vehicle')
  const lists = ['$.data.signals', '$.data.errors', '$.data.triggers', '$.triggers']
  return [
    ...heldInfoPaths(vehicle, '$.data.vehicle', 'id', raw.resource_id),
    ...pathsOf([['$.data.user.id', parseId(readPath(body, '$.data.user.id')) !== null]]),
    ...lists.filter(path => Array.isArray(readPath(body, path))),
  ]
}

function pathsOf(held: readonly (readonly [path: string, isHeld: boolean])[]): readonly string[] {
  return held.filter(([, isHeld]) => isHeld).map(([path]) => path)
}
