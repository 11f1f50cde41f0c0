// How old a signature may be, and how far ahead of our clock. Sender and edge compare whole seconds, as the
// senders do when they sign. Asked only of what is validly signed.

import type { Endpoint } from './endpoint.ts'
import type { Platform } from './platform.ts'
import { member, parseStrictJson } from './strict-json.ts'
import { parseTime } from './times.ts'

const microsPerSecond = 1_000_000

/** Digits only: lenient number parsing would accept `1614265330abc` as a time. */
const epochSeconds = /^\d{1,12}$/

export function isFresh(
  endpoint: Endpoint,
  timestamp: string,
  { body, nowMs }: { readonly body: Uint8Array; readonly nowMs: number },
  platform: Pick<Platform, 'decodeUtf8'>,
): boolean {
  const { freshnessSeconds } = endpoint.signature
  if (freshnessSeconds === null) return true
  if (endpoint.adapter === 'smartcar') {
    const sentAt = deliveredAtSeconds(body, platform)
    return sentAt === null || isNear(sentAt, nowMs, freshnessSeconds)
  }
  const sentAt = timestampSeconds(endpoint, timestamp)
  return sentAt !== null && isNear(sentAt, nowMs, freshnessSeconds)
}

function isNear(seconds: number, nowMs: number, secondsMax: number): boolean {
  return Math.abs(Math.floor(nowMs / 1000) - seconds) <= secondsMax
}

function timestampSeconds(endpoint: Endpoint, timestamp: string): number | null {
  if (endpoint.adapter === 'standard-webhooks') {
    return epochSeconds.test(timestamp) ? Number(timestamp) : null
  }
  return secondsOf(parseTime(timestamp))
}

/**
 * Smartcar signs no header; every attempt has its own `meta.deliveredAt` in the signed body. Null where
 * there is none to judge by, as in a challenge: nobody but the sender can leave it out.
 */
function deliveredAtSeconds(
  body: Uint8Array,
  platform: Pick<Platform, 'decodeUtf8'>,
): number | null {
  const parsed = parseStrictJson(body, platform)
  if (!parsed.ok) return null
  return secondsOf(parseTime(member(member(parsed.value, 'meta'), 'deliveredAt')))
}

function secondsOf(micros: number | null): number | null {
  return micros === null ? null : Math.floor(micros / microsPerSecond)
}
