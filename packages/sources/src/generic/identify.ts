// Identity of an event in an envelope whose fields are found by paths: generic endpoints and UMP.

import type { Endpoint } from '../endpoint.ts'
import { deliveryAttemptOf, envelopeField, eventTimeOf, eventTypeOf } from '../envelope.ts'
import type { Facts } from '../identified.ts'
import { parseId } from '../identity.ts'
import { normalizeResourceType } from '../resource-type.ts'
import type { JsonObject } from '../strict-json.ts'

export function genericFacts(endpoint: Endpoint, body: JsonObject): Facts {
  const resourceType = envelopeField(endpoint, body, 'resourceType')
  return {
    eventId: parseId(envelopeField(endpoint, body, 'eventId')),
    sourceEventType: eventTypeOf(envelopeField(endpoint, body, 'eventType')),
    resourceType: typeof resourceType === 'string' ? normalizeResourceType(resourceType) : null,
    resourceId: parseId(envelopeField(endpoint, body, 'resourceId')),
    occurredAt: eventTimeOf(envelopeField(endpoint, body, 'occurredAt')),
    deliveryAttempt: deliveryAttemptOf(envelopeField(endpoint, body, 'deliveryAttempt')),
  }
}
