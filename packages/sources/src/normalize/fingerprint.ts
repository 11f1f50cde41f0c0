// A short hash of what an event says. Two deliveries of one event id with different fingerprints are a
// conflict, so nothing that a retry may change is in it, and nothing else is left out.

import { microsText } from '@fleet/contracts'
import type { Resource } from '@fleet/contracts'
import { canonicalJson, jsonString } from '../canonical-json.ts'
import { CanonicalWriter } from '../canonical-writer.ts'
import type { Platform } from '../platform.ts'
import type { Reading } from './reading.ts'

/** Used up within one call. */
const usual = new CanonicalWriter()
/** Larger attributes have a writer of their own: this one never gives back what it once took. */
const usualSizeMax = 64 * 1024

/** First four bytes, big-endian, of SHA-256 over canonical JSON. */
export function fingerprintOf(
  reading: Reading,
  resource: Resource,
  occurredAt: number,
  platform: Pick<Platform, 'sha256' | 'encodeUtf8'>,
): number {
  const { eventType, subaccountId, content } = reading
  const { jsonBytes } = content.attributes
  const size = jsonBytes?.length ?? content.attributes.json.length
  // The canonical text of one object; its members stand here in their order.
  const writer = size > usualSizeMax ? new CanonicalWriter() : usual
  writer.at = 0
  writer.raw('{"attributes":')
  if (jsonBytes === null) writer.rawText(content.attributes.json, platform)
  else writer.rawBytes(jsonBytes)
  writer.rawText(
    `,"event_type":${jsonString(eventType)},"fields":${fieldsJson(content.fields)},` +
      `${content.hasOwnTime ? `"occurred_at":${microsText(occurredAt)},` : ''}` +
      `"resource":{"id":${jsonString(resource.id)},"type":${jsonString(resource.type)}},` +
      `"subaccount_id":${subaccountId === null ? 'null' : jsonString(subaccountId)}}`,
    platform,
  )
  const digest = platform.sha256(writer.bytes.subarray(0, writer.at))
  return wordOf(digest)
}

/** What is frozen comes again. */
const frozen = new WeakMap<object, string>()

function fieldsJson(fields: object): string {
  const known = frozen.get(fields)
  if (known !== undefined) return known
  const json = canonicalJson(fields)
  if (Object.isFrozen(fields)) frozen.set(fields, json)
  return json
}

function wordOf(digest: Uint8Array): number {
  let word = 0
  for (let i = 0; i < 4; i++) word = word * 256 + (digest[i] as number)
  return word
}
