// The dead letter: everything needed to understand a failure and to try again, with the original
// bytes. Pure.

import type { Coordinates, DeadLetter } from '@fleet/contracts'

export interface Origin {
  topic: string
  partition: number
  offset: number
  /** Log-append time, milliseconds. */
  timestampMs: number
  key: Uint8Array | null
  value: Uint8Array | null
  headers: Readonly<Record<string, Uint8Array>>
}

export interface Failure {
  code: string
  message: string
  /** Messages of the cause chain, outermost first. */
  causes?: readonly string[]
  tenantId?: string | null
  endpointId?: string | null
  eventId?: string | null
  eventType?: string | null
  /** The delivery's body, when known. */
  body?: Uint8Array | null
  replayId?: string | null
  /** Default 1: the first. */
  attempt?: number
}

/** Longest message kept; what a parser says about megabytes of input is not needed whole. */
const messageLengthMax = 1000

/**
 * The dead letter of one record at one stage; `attempt` starts at 1.
 */
export function deadLetterOf(
  stage: string,
  origin: Origin,
  failure: Failure,
  failedAtMicros: number,
  traceId: string | null,
  sha256Hex: (text: string) => string,
): DeadLetter {
  const coordinates = { topic: origin.topic, partition: origin.partition, offset: origin.offset }
  return {
    dead_letter_id: deadLetterIdOf(stage, coordinates, sha256Hex),
    stage,
    error_code: failure.code,
    error_message: failure.message.slice(0, messageLengthMax),
    causes: (failure.causes ?? []).map(cause => cause.slice(0, messageLengthMax)),
    tenant_id: failure.tenantId ?? null,
    endpoint_id: failure.endpointId ?? null,
    event_id: failure.eventId ?? null,
    event_type: failure.eventType ?? null,
    origin: coordinates,
    origin_timestamp: origin.timestampMs * 1000,
    origin_key: origin.key,
    origin_value: origin.value,
    origin_headers: Object.entries(origin.headers).map(([name, value]) => ({ name, value })),
    body: failure.body ?? null,
    attempt: failure.attempt ?? 1,
    replay_id: failure.replayId ?? null,
    failed_at: failedAtMicros,
    trace_id: traceId,
  }
}

/** Follows from stage and origin: the same record failing again at the same stage is the same letter. */
export function deadLetterIdOf(
  stage: string,
  { topic, partition, offset }: Coordinates,
  sha256Hex: (text: string) => string,
): string {
  const identity = ['dead_letter', stage, topic, partition, offset]
  return sha256Hex(JSON.stringify(identity)).slice(0, 32)
}
