// The older scheduled and dynamic webhooks (v2): one delivery about several vehicles, without an event id.
// Each vehicle becomes a record whose id is a digest of what a retry repeats.

import { resourceKey, utf8Bytes } from '@fleet/contracts'
import { canonicalJson } from '../canonical-json.ts'
import { encodeHex } from '../encodings.ts'
import type { Endpoint } from '../endpoint.ts'
import type { Identified, IdentifiedPart } from '../identified.ts'
import { noFacts, unidentified } from '../identified.ts'
import { parseId } from '../identity.ts'
import type { Platform } from '../platform.ts'
import type { Json, JsonObject } from '../strict-json.ts'
import { elements, isJsonObject, member } from '../strict-json.ts'
import { newestObservedAt } from './observed-at.ts'

/** One record each; a delivery with more is kept whole, because a partial one would look complete. */
const vehiclesMax = 64

type Hash = Pick<Platform, 'sha256'>

export function identifyVehicles(
  endpoint: Endpoint,
  value: JsonObject,
  eventName: string,
  body: Uint8Array,
  receivedAtMicros: number,
  platform: Hash,
): Identified {
  const vehicles = elements(member(member(value, 'payload'), 'vehicles'))
  const known = { ...noFacts, sourceEventType: eventName, resourceType: 'vehicle' }
  const refuse = (reason: 'no_vehicles' | 'too_many_vehicles' | 'vehicle_without_id'): Identified =>
    unidentified(endpoint, reason, known, body, platform)
  if (vehicles.length === 0) return refuse('no_vehicles')
  if (vehicles.length > vehiclesMax) return refuse('too_many_vehicles')
  const parts: IdentifiedPart[] = []
  for (const [index, vehicle] of vehicles.entries()) {
    const vehicleId = parseId(member(vehicle, 'vehicleId'))
    if (vehicleId === null) return refuse('vehicle_without_id')
    parts.push({
      ...known,
      eventId: vehicleEventId(value, eventName, vehicleId, vehicle, platform),
      resourceId: vehicleId,
      occurredAt: vehicleTime(vehicle, receivedAtMicros),
      key: resourceKey(endpoint.tenantId, 'vehicle', vehicleId),
      partIndex: index,
      partCount: vehicles.length,
      unidentifiedReason: null,
    })
  }
  return { kind: 'records', parts }
}

/** The newest time of its data, else of receipt: these deliveries carry no time of their own. */
function vehicleTime(vehicle: Json, receivedAtMicros: number): number {
  return newestObservedAt(elements(member(vehicle, 'data')), vehicle) ?? receivedAtMicros
}

/**
 * `sc2:` and 32 hex of the SHA-256 of the JSON `[webhookId, eventName, vehicleId, [[path, requestId], …]]`,
 * pairs sorted. `scheduled` is written `schedule`: both names are in use for one thing.
 */
function vehicleEventId(
  value: JsonObject,
  eventName: string,
  vehicleId: string,
  vehicle: Json,
  platform: Hash,
): string {
  const name = eventName === 'scheduled' ? 'schedule' : eventName
  const webhookId = idText(member(value, 'webhookId'))
  const identity = JSON.stringify([webhookId, name, vehicleId, requestPairs(vehicle, platform)])
  return `sc2:${encodeHex(platform.sha256(utf8Bytes(identity))).slice(0, 32)}`
}

function requestPairs(vehicle: Json, platform: Hash): [string, string][] {
  const items = elements(member(vehicle, 'data')).filter(isJsonObject)
  const vehicleRequest = idText(member(vehicle, 'requestId'))
  let contentHash: string | undefined
  const requestOf = (item: JsonObject | undefined): string => {
    const request = idText(member(item, 'requestId')) ?? vehicleRequest
    if (request !== null) return request
    contentHash ??= encodeHex(platform.sha256(utf8Bytes(canonicalJson(vehicle))))
    return contentHash
  }
  if (items.length === 0) return [['', requestOf(undefined)]]
  return items
    .map((item): [string, string] => [idText(member(item, 'path')) ?? '', requestOf(item)])
    .toSorted(byPathThenRequest)
}

function byPathThenRequest(left: [string, string], right: [string, string]): number {
  return compareUtf16(left[0], right[0]) || compareUtf16(left[1], right[1])
}

/** The order of `<`: by UTF-16 units, never by locale. */
function compareUtf16(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

/** A text, or a safe integer as its digits; null for nothing usable. Takes any length. */
function idText(value: Json | undefined): string | null {
  if (typeof value === 'number') return parseId(value)
  return typeof value === 'string' && value !== '' ? value : null
}
