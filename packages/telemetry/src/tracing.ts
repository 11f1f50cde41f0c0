// W3C trace context carried from the HTTP request through record headers to the last sink. Only ids are
// passed on here; spans are not collected.

import { randomBytes } from 'node:crypto'
import { TraceFlags } from '@opentelemetry/api'
import { parseTraceParent } from '@opentelemetry/core'

const version = '00'
/** What a sender may put in the header, before any pattern is tried on it. */
const traceparentCharactersMax = 128

/** Random bytes are drawn for many spans at once: a draw costs more than all else here. */
const poolBytes = 4096
let pool = ''
let poolAt = 0

function randomHex(characters: number): string {
  if (poolAt + characters > pool.length) {
    pool = randomBytes(poolBytes).toString('hex')
    poolAt = 0
  }
  poolAt += characters
  return pool.slice(poolAt - characters, poolAt)
}

/** A new span of the parent's trace; of a new trace when there is no parent or it is not valid. */
export function childTraceparent(parent: string | undefined): string {
  const known = parse(parent)
  const traceId = known?.traceId ?? randomHex(32)
  const flags = (known?.traceFlags ?? TraceFlags.SAMPLED) & TraceFlags.SAMPLED
  return `${version}-${traceId}-${randomHex(16)}-0${flags}`
}

/** The trace id of a valid header, else null. */
export function traceIdOf(traceparent: string | undefined): string | null {
  return parse(traceparent)?.traceId ?? null
}

function parse(traceparent: string | undefined): ReturnType<typeof parseTraceParent> {
  if (traceparent === undefined || traceparent.length > traceparentCharactersMax) return null
  return parseTraceParent(traceparent)
}
