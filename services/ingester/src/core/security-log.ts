// What goes to the security topic: refused deliveries and challenges, flood-limited. A record describes a
// request an attacker chose, so every field is bounded, and neither body nor signature is in it.

import type { SecurityEvent } from '@fleet/contracts'
import type { SecurityReason } from './accept.ts'
import { FloodGate } from './flood-gate.ts'
import type { Now, Occurrences } from './flood-gate.ts'

export interface Observation {
  readonly reason: SecurityReason
  /** As presented. */
  readonly endpointId: string
  readonly tenantId: string | null
  readonly remoteIp: string
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Shown as present, its value censored: it may be valid. */
  readonly signatureHeader: string | null
  readonly bodyBytes: number
  /** Computed only for what is recorded; null where the body was not read whole. */
  bodySha256(): Uint8Array | null
}

const recordsPerKeyMinute = 10
const recordsPerSecond = 100
/** About 10 MB of keys and times at the most, and three times as much of what is held back under a wide flood. */
const keysMax = 10_000

const endpointIdCharactersMax = 128
const pathCharactersMax = 256
const headerCharactersMax = 256
const keptHeaders = [
  'content-type',
  'user-agent',
  'webhook-id',
  'webhook-timestamp',
  'x-request-id',
  'traceparent',
] as const

/** A request that was refused, without how often. */
type Refused = Omit<SecurityEvent, 'count' | 'first_at' | 'last_at'>

export class SecurityLog {
  readonly #gate = new FloodGate<Refused>({
    perKeyMinute: recordsPerKeyMinute,
    perProcessSecond: recordsPerSecond,
    keysMax,
  })

  /** The record to write, or null when the flood limit holds it back. */
  observe(observation: Observation, now: Now): SecurityEvent | null {
    const { reason, remoteIp } = observation
    const endpointId = cut(observation.endpointId, endpointIdCharactersMax)
    const key = `${reason} ${remoteIp} ${endpointId}`
    // Several are told by it, each with a body of its own.
    const subject = (): Refused => refusedOf(observation, endpointId, null)
    const occurrences = this.#gate.pass(key, now, subject)
    if (occurrences === null) return null
    return counted(refusedOf(observation, endpointId, observation.bodySha256()), occurrences)
  }

  /** Records of what was held back for a minute and that nothing else has told; `all`: however short. */
  heldBack({ elapsedMs }: Pick<Now, 'elapsedMs'>, all = false): SecurityEvent[] {
    return this.#gate
      .overdue(elapsedMs, all ? 0 : undefined)
      .map(({ subject, occurrences }) => counted(subject, occurrences))
  }
}

function refusedOf(
  observation: Observation,
  endpointId: string,
  bodySha256: Uint8Array | null,
): Refused {
  return {
    reason: observation.reason,
    endpoint_id: endpointId,
    tenant_id: observation.tenantId,
    remote_ip: observation.remoteIp,
    method: observation.method,
    path: cut(observation.path, pathCharactersMax),
    headers: safeHeaders(observation),
    body_sha256: bodySha256,
    body_bytes: observation.bodyBytes,
  }
}

function counted(refused: Refused, { count, firstAtMs, lastAtMs }: Occurrences): SecurityEvent {
  return { ...refused, count, first_at: firstAtMs * 1000, last_at: lastAtMs * 1000 }
}

function safeHeaders({ headers, signatureHeader }: Observation): Record<string, string> {
  const safe: Record<string, string> = {}
  for (const name of keptHeaders) {
    const value = headers[name]
    if (value === undefined) continue
    safe[name] = cut(typeof value === 'string' ? value : value.join(', '), headerCharactersMax)
  }
  if (signatureHeader !== null && headers[signatureHeader] !== undefined) {
    safe[signatureHeader] = '[redacted]'
  }
  return safe
}

function cut(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : text.slice(0, charactersMax)
}
