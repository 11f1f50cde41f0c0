// Identity of a Smartcar delivery, in every shape seen: v3/v4 with one vehicle, v2 with up to 64. Retries
// keep `eventId` and change everything else about the delivery, so identity never looks at `meta`'s ids.

import type { Endpoint } from '../endpoint.ts'
import { eventTimeOf, eventTypeOf } from '../envelope.ts'
import type { Facts, Identified } from '../identified.ts'
import { noFacts, onePart } from '../identified.ts'
import { parseId } from '../identity.ts'
import type { Platform } from '../platform.ts'
import type { Json, JsonObject } from '../strict-json.ts'
import { elements, member } from '../strict-json.ts'
import { challengeOf, isVerification } from './challenge.ts'
import { identifyVehicles } from './identify-vehicles.ts'
import { newestObservedAt } from './observed-at.ts'

export function identifySmartcar(
  endpoint: Endpoint,
  value: JsonObject,
  body: Uint8Array,
  receivedAtMicros: number,
  platform: Pick<Platform, 'sha256'>,
): Identified {
  if (isVerification(value)) {
    const challenge = challengeOf(value)
    return challenge === null ? { kind: 'challenge_refused' } : { kind: 'challenge', challenge }
  }
  const eventName = eventTypeOf(member(value, 'eventName'))
  if (eventName === null) return onePart(endpoint, eventFacts(value), body, platform)
  if (eventName === 'eventBased') {
    const facts = eventBasedFacts(value, receivedAtMicros)
    return onePart(endpoint, facts, body, platform)
  }
  return identifyVehicles(endpoint, value, eventName, body, receivedAtMicros, platform)
}

/** v3 and v4: one event about one vehicle. */
function eventFacts(value: JsonObject): Facts {
  const sourceEventType = eventTypeOf(member(value, 'eventType'))
  const vehicle = member(member(value, 'data'), 'vehicle')
  return {
    ...noFacts,
    eventId: parseId(member(value, 'eventId')),
    sourceEventType,
    resourceType: 'vehicle',
    resourceId: parseId(member(value, 'vehicleId')) ?? parseId(member(vehicle, 'id')),
    occurredAt: eventTime(value, sourceEventType),
  }
}

/** A state is as new as its newest signal; an error, or a state without times, as its delivery. */
function eventTime(value: JsonObject, sourceEventType: string | null): number | null {
  const data = member(value, 'data')
  const newest =
    sourceEventType === 'VEHICLE_ERROR'
      ? null
      : newestObservedAt(elements(member(data, 'signals')), member(data, 'vehicle'))
  if (newest !== null) return newest
  return eventTimeOf(member(member(value, 'meta'), 'deliveredAt'))
}

/** v2 `eventBased`: `{eventId, vehicleId, eventType, eventTime}`, in the payload or beside it. */
function eventBasedFacts(value: JsonObject, receivedAtMicros: number): Facts {
  const payload = member(value, 'payload')
  const field = (name: string): Json | undefined => member(payload, name) ?? member(value, name)
  const eventType = eventTypeOf(field('eventType'))
  return {
    ...noFacts,
    eventId: parseId(field('eventId')),
    sourceEventType: eventType === null ? null : eventTypeOf(`eventBased:${eventType}`),
    resourceType: 'vehicle',
    resourceId: parseId(field('vehicleId')),
    occurredAt: eventTimeOf(field('eventTime')) ?? receivedAtMicros,
  }
}
