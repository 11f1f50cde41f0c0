// From a verified body to the records to write. Total: any bytes give an answer, the same bytes always the
// same one, because a retry that got another identity would be a second event.

import type { Endpoint } from './endpoint.ts'
import { genericFacts } from './generic/identify.ts'
import type { RequestHeaders } from './headers.ts'
import type { Identified, IdentifiedPart } from './identified.ts'
import { noFacts, onePart, unidentified } from './identified.ts'
import type { Platform } from './platform.ts'
import { identifySmartcar } from './smartcar/identify.ts'
import { standardWebhooksFacts } from './standard-webhooks/identify.ts'
import type { JsonObject } from './strict-json.ts'
import { isJsonObject, parseStrictJson } from './strict-json.ts'

export function identify(
  endpoint: Endpoint,
  body: Uint8Array,
  headers: RequestHeaders,
  receivedAtMicros: number,
  platform: Pick<Platform, 'sha256' | 'decodeUtf8'>,
): Identified {
  const identified = identifyAny(endpoint, body, headers, receivedAtMicros, platform)
  return endpoint.acceptedEventTypes === null || identified.kind !== 'records'
    ? identified
    : keepOnly(endpoint.acceptedEventTypes, identified.parts, endpoint, body, platform)
}

function identifyAny(
  endpoint: Endpoint,
  body: Uint8Array,
  headers: RequestHeaders,
  receivedAtMicros: number,
  platform: Pick<Platform, 'sha256' | 'decodeUtf8'>,
): Identified {
  const parsed = parseStrictJson(body, platform)
  const value = parsed.ok && isJsonObject(parsed.value) ? parsed.value : null
  if (value === null) {
    const known =
      endpoint.adapter === 'standard-webhooks'
        ? standardWebhooksFacts(endpoint, {}, headers, platform)
        : noFacts
    const reason = parsed.ok ? 'not_an_object' : 'not_json'
    return unidentified(endpoint, reason, known, body, platform)
  }
  if (endpoint.adapter === 'smartcar') {
    return identifySmartcar(endpoint, value, body, receivedAtMicros, platform)
  }
  return onePart(endpoint, factsOf(endpoint, value, headers, platform), body, platform)
}

/**
 * A delivery of another type becomes one record that says so. Decided here and written down, so that a
 * replay of the record decides the same whatever the endpoint accepts by then.
 */
function keepOnly(
  acceptedTypes: readonly string[],
  parts: readonly IdentifiedPart[],
  endpoint: Endpoint,
  body: Uint8Array,
  platform: Pick<Platform, 'sha256'>,
): Identified {
  const first = parts[0] ?? null
  const type = first?.sourceEventType ?? null
  const isDecided = first === null || first.unidentifiedReason !== null || type === null
  if (isDecided || acceptedTypes.includes(type)) return { kind: 'records', parts }
  const { resourceType, sourceEventType } = first
  const known = parts.length === 1 ? first : { ...noFacts, sourceEventType, resourceType }
  return unidentified(endpoint, 'event_type_not_accepted', known, body, platform)
}

function factsOf(
  endpoint: Endpoint,
  value: JsonObject,
  headers: RequestHeaders,
  platform: Pick<Platform, 'decodeUtf8'>,
): ReturnType<typeof genericFacts> {
  return endpoint.adapter === 'standard-webhooks'
    ? standardWebhooksFacts(endpoint, value, headers, platform)
    : genericFacts(endpoint, value)
}
