// Single fields of a body, read by the endpoint's paths and judged. Null is "not usable": nothing here
// decides what follows from that.

import type { Endpoint, EndpointPaths } from './endpoint.ts'
import { isId } from './identity.ts'
import { readPath } from './paths.ts'
import type { Json } from './strict-json.ts'
import { isEventTime, parseTime } from './times.ts'

/** The value at the endpoint's path for a field, else at the fallback; null counts as absent. */
export function envelopeField(
  endpoint: Endpoint,
  body: Json,
  field: keyof EndpointPaths,
): Json | undefined {
  const path = endpoint.paths[field]
  const value = path === null ? undefined : readPath(body, path)
  if (value !== undefined && value !== null) return value
  const fallback = endpoint.fallbackPaths[field]
  const second = fallback === undefined || fallback === null ? undefined : readPath(body, fallback)
  return second ?? undefined
}

/** A source's own name for what happened: a text under the rules of ids. */
export function eventTypeOf(value: Json | undefined): string | null {
  return typeof value === 'string' && isId(value) ? value : null
}

/** Microseconds; null for what is no time or cannot be the time of an event. */
export function eventTimeOf(value: Json | undefined): number | null {
  const micros = parseTime(value)
  return micros !== null && isEventTime(micros) ? micros : null
}

const intMax = 2_147_483_647

/** A count of deliveries that fits its record field; as a number or its digits. */
export function deliveryAttemptOf(value: Json | undefined): number | null {
  const isDigits = typeof value === 'string' && /^\d{1,10}$/.test(value)
  const attempt = isDigits ? Number(value) : value
  if (typeof attempt !== 'number' || !Number.isInteger(attempt)) return null
  return attempt >= 0 && attempt <= intMax ? attempt : null
}
