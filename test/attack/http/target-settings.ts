// The settings of the edge under attack: the same variables an operator sets, small enough that every
// limit is reached within a second and none by accident.

export const limits = {
  bodyBytes: 500_000,
  deadlineMs: 400,
  headerMs: 300,
  requestMs: 600,
  idleMs: 900,
  keepAliveMs: 500,
  connectionRequests: 20,
  pipelined: 8,
  connections: 120,
  addressConnections: 60,
  addressPerSecond: 150,
} as const

/** What the senders hold who can't sign: one in Authorization, one in a header of its own. */
export const senderKey = 'k-7Yc2vQ9mX4pL8sT1wZ6nB3rD5fG0hJ'
export const headerKey = 'k-0aS8dF6gH4jK2lZ1xC3vB5nM7qW9eR'

/** A loopback address of its own; what comes from it is believed to speak for others. */
export const proxyAddress = '127.0.0.5'

export const targetSettings: Record<string, string> = {
  FLEET_BODY_MAX_BYTES: String(limits.bodyBytes),
  FLEET_INGEST_DEADLINE_MS: String(limits.deadlineMs),
  FLEET_INGEST_HEADER_MS: String(limits.headerMs),
  FLEET_INGEST_REQUEST_MS: String(limits.requestMs),
  FLEET_INGEST_IDLE_MS: String(limits.idleMs),
  FLEET_INGEST_KEEP_ALIVE_MS: String(limits.keepAliveMs),
  FLEET_INGEST_CONNECTION_REQUESTS: String(limits.connectionRequests),
  FLEET_INGEST_PIPELINED: String(limits.pipelined),
  FLEET_INGEST_CONNECTIONS: String(limits.connections),
  FLEET_INGEST_ADDRESS_CONNECTIONS: String(limits.addressConnections),
  FLEET_INGEST_ADDRESS_PER_SECOND: String(limits.addressPerSecond),
  FLEET_TRUSTED_PROXIES: `${proxyAddress}/32`,
}
