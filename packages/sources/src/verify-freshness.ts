// How old a signature may be. Sender and edge compare whole seconds, as the senders do when they sign.

import type { Endpoint } from './endpoint.ts'
import { parseTime } from './times.ts'

const microsPerSecond = 1_000_000

/** Digits only: lenient number parsing would accept `1614265330abc` as a time. */
const epochSeconds = /^\d{1,12}$/

export function isFresh(endpoint: Endpoint, timestamp: string, nowMs: number): boolean {
  const { freshnessSeconds } = endpoint.signature
  if (freshnessSeconds === null) return true
  const seconds = timestampSeconds(endpoint, timestamp)
  return seconds !== null && Math.abs(Math.floor(nowMs / 1000) - seconds) <= freshnessSeconds
}

function timestampSeconds(endpoint: Endpoint, timestamp: string): number | null {
  if (endpoint.adapter === 'standard-webhooks') {
    return epochSeconds.test(timestamp) ? Number(timestamp) : null
  }
  const micros = parseTime(timestamp)
  return micros === null ? null : Math.floor(micros / microsPerSecond)
}
