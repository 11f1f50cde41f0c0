// The settings of the edge as the ingester uses them, and the rules that hold between them.

import { resolve } from 'node:path'
import type { ingestSpec } from './ingest-spec.ts'
import type { Settings } from './settings.ts'

/** What the specification of each says why. */
export interface IngestSettings {
  readonly headerBytesMax: number
  readonly headersMax: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly keepAliveMs: number
  readonly connectionRequestsMax: number
  readonly pipelinedMax: number
  readonly connectionsMax: number
  readonly addressConnectionsMax: number
  readonly bodyRoomBytes: number
  readonly waitingMax: number
  readonly waitMsMax: number
  readonly workAgeMsMax: number
  /** Null: every process counts alone. */
  readonly limitsRedisUrl: string | null
  readonly senderTimeoutMs: number
  /** Networks as `address/prefix`. */
  readonly trustedProxies: readonly string[]
  /** Absolute paths; null: plain HTTP. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null
}

type Read = Settings<typeof ingestSpec>

export function ingestSettings(read: Read): IngestSettings {
  const { FLEET_TLS_CERT_FILE: cert, FLEET_TLS_KEY_FILE: key } = read
  const hasTls = cert !== undefined && key !== undefined
  return Object.freeze({
    headerBytesMax: read.FLEET_INGEST_HEADER_BYTES,
    headersMax: read.FLEET_INGEST_HEADERS,
    headersTimeoutMs: read.FLEET_INGEST_HEADER_MS,
    requestTimeoutMs: read.FLEET_INGEST_REQUEST_MS,
    idleTimeoutMs: read.FLEET_INGEST_IDLE_MS,
    keepAliveMs: read.FLEET_INGEST_KEEP_ALIVE_MS,
    connectionRequestsMax: read.FLEET_INGEST_CONNECTION_REQUESTS,
    pipelinedMax: read.FLEET_INGEST_PIPELINED,
    connectionsMax: read.FLEET_INGEST_CONNECTIONS,
    addressConnectionsMax: read.FLEET_INGEST_ADDRESS_CONNECTIONS,
    bodyRoomBytes: read.FLEET_INGEST_BODY_ROOM_BYTES,
    waitingMax: read.FLEET_INGEST_WAITING,
    waitMsMax: read.FLEET_INGEST_WAIT_MS,
    workAgeMsMax: read.FLEET_INGEST_WORK_AGE_MS,
    limitsRedisUrl: read.FLEET_INGEST_LIMITS_REDIS_URL ?? null,
    senderTimeoutMs: read.FLEET_INGEST_SENDER_TIMEOUT_MS,
    trustedProxies: Object.freeze(read.FLEET_TRUSTED_PROXIES?.split(',') ?? []),
    tls: hasTls ? Object.freeze({ certFile: resolve(cert), keyFile: resolve(key) }) : null,
  })
}

export function ingestProblems(read: Read, ingestDeadlineMs: number): string[] {
  const problems: string[] = []
  if (read.FLEET_INGEST_HEADER_MS > read.FLEET_INGEST_REQUEST_MS) {
    problems.push('FLEET_INGEST_HEADER_MS must not be above FLEET_INGEST_REQUEST_MS')
  }
  if (read.FLEET_INGEST_IDLE_MS <= ingestDeadlineMs) {
    problems.push('FLEET_INGEST_IDLE_MS must be above FLEET_INGEST_DEADLINE_MS')
  }
  const { FLEET_TLS_CERT_FILE: cert, FLEET_TLS_KEY_FILE: key } = read
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? 'FLEET_TLS_CERT_FILE' : 'FLEET_TLS_KEY_FILE'
    problems.push(`${missing} is missing: TLS needs a certificate and its key`)
  }
  return problems
}
