// Identity of a Standard Webhooks delivery: the id is the signed header's, which retries keep; the rest is
// read from the body as in the generic envelope.

import { microsPerSecond } from '@fleet/contracts'
import { headerBytes } from '../encodings.ts'
import { defaultIdHeader } from '../endpoint.ts'
import type { Endpoint } from '../endpoint.ts'
import { envelopeField, eventTimeOf } from '../envelope.ts'
import { genericFacts } from '../generic/identify.ts'
import type { RequestHeaders } from '../headers.ts'
import { readHeader } from '../headers.ts'
import type { Facts } from '../identified.ts'
import { parseId } from '../identity.ts'
import type { Platform } from '../platform.ts'
import type { JsonObject } from '../strict-json.ts'

export function standardWebhooksFacts(
  endpoint: Endpoint,
  body: JsonObject,
  headers: RequestHeaders,
  platform: Pick<Platform, 'decodeUtf8'>,
): Facts {
  const facts = genericFacts(endpoint, body)
  const hasTime = envelopeField(endpoint, body, 'occurredAt') !== undefined
  return {
    ...facts,
    eventId: parseId(headerText(headers, defaultIdHeader, platform)),
    // A time the body gives and nobody can read is an error to report, not one to paper over.
    occurredAt: hasTime ? facts.occurredAt : sentAt(headers, platform),
  }
}

function headerText(
  headers: RequestHeaders,
  name: string,
  platform: Pick<Platform, 'decodeUtf8'>,
): string | null {
  const reading = readHeader(headers, name)
  const bytes = reading.kind === 'one' ? headerBytes(reading.value) : null
  return bytes === null ? null : platform.decodeUtf8(bytes)
}

function sentAt(headers: RequestHeaders, platform: Pick<Platform, 'decodeUtf8'>): number | null {
  const seconds = headerText(headers, 'webhook-timestamp', platform)
  if (seconds === null || !/^\d{1,12}$/.test(seconds)) return null
  const micros = Number(seconds) * microsPerSecond
  return eventTimeOf(Math.floor(micros / 1000))
}
