// A short hash of what an event says. Two deliveries of one event id with different fingerprints are a
// conflict, so nothing that a retry may change is in it, and nothing else is left out.

import { utf8Bytes } from '@fleet/contracts'
import type { Resource } from '@fleet/contracts'
import { canonicalJson } from '../canonical-json.ts'
import type { Platform } from '../platform.ts'
import type { Reading } from './reading.ts'

/** First four bytes, big-endian, of SHA-256 over canonical JSON. */
export function fingerprintOf(
  reading: Reading,
  resource: Resource,
  occurredAt: number,
  platform: Pick<Platform, 'sha256'>,
): number {
  const { fields, attributes, hasOwnTime } = reading.content
  const text = canonicalJson({
    event_type: reading.eventType,
    resource,
    subaccount_id: reading.subaccountId,
    fields,
    attributes: Object.fromEntries(attributes),
    ...(hasOwnTime ? { occurred_at: occurredAt } : {}),
  })
  const digest = platform.sha256(utf8Bytes(text))
  return digest.subarray(0, 4).reduce((value, byte) => value * 256 + byte, 0)
}
