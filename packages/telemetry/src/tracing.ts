// W3C trace context carried from the HTTP request through record headers to the last sink. Only ids are
// passed on here; spans are not collected.

import { randomBytes } from 'node:crypto'
import { TraceFlags } from '@opentelemetry/api'
import { parseTraceParent } from '@opentelemetry/core'

const version = '00'
/** What a sender may put in the header, before any pattern is tried on it. */
const traceparentCharactersMax = 128

/** A new span of the parent's trace; of a new trace when there is no parent or it is not valid. */
export function childTraceparent(parent: string | undefined): string {
  const known = parse(parent)
  const traceId = known?.traceId ?? randomBytes(16).toString('hex')
  const flags = (known?.traceFlags ?? TraceFlags.SAMPLED) & TraceFlags.SAMPLED
  return `${version}-${traceId}-${randomBytes(8).toString('hex')}-0${flags}`
}

/** The trace id of a valid header, else null. */
export function traceIdOf(traceparent: string | undefined): string | null {
  return parse(traceparent)?.traceId ?? null
}

function parse(traceparent: string | undefined): ReturnType<typeof parseTraceParent> {
  if (traceparent === undefined || traceparent.length > traceparentCharactersMax) return null
  return parseTraceParent(traceparent)
}
