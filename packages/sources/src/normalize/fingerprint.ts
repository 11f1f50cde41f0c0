// A short hash of what an event says. Two deliveries of one event id with different fingerprints are a
// conflict, so nothing that a retry may change is in it, and nothing else is left out.

import type { Resource } from '@fleet/contracts'
import { canonicalJson, jsonString } from '../canonical-json.ts'
import type { Platform } from '../platform.ts'
import type { Reading } from './reading.ts'

/** First four bytes, big-endian, of SHA-256 over canonical JSON. */
export function fingerprintOf(
  reading: Reading,
  resource: Resource,
  occurredAt: number,
  platform: Pick<Platform, 'textSha256Hex'>,
): number {
  const { eventType, subaccountId, content } = reading
  // The canonical text of one object; its members stand here in their order.
  const text =
    `{"attributes":${content.attributes.json},"event_type":${jsonString(eventType)},` +
    `"fields":${canonicalJson(content.fields)},` +
    `${content.hasOwnTime ? `"occurred_at":${canonicalJson(occurredAt)},` : ''}` +
    `"resource":{"id":${jsonString(resource.id)},"type":${jsonString(resource.type)}},` +
    `"subaccount_id":${subaccountId === null ? 'null' : jsonString(subaccountId)}}`
  return Number.parseInt(platform.textSha256Hex(text).slice(0, 8), 16)
}
