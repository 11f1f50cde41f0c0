// The settings of the API as it uses them, and the rules that hold between them.

import { resolve } from 'node:path'
import type { apiSpec } from './api-spec.ts'
import type { Settings } from './settings.ts'

/** What the specification of each says why. */
export interface ApiSettings {
  /** Null: on this machine. */
  readonly url: string | null
  /** Absolute paths; null: plain HTTP. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null
  readonly failedLoginsPerMinute: number
}

type Read = Settings<typeof apiSpec>

export function apiSettings(read: Read): ApiSettings {
  const { FLEET_API_TLS_CERT_FILE: cert, FLEET_API_TLS_KEY_FILE: key } = read
  const hasTls = cert !== undefined && key !== undefined
  return Object.freeze({
    url: read.FLEET_API_URL ?? null,
    tls: hasTls ? Object.freeze({ certFile: resolve(cert), keyFile: resolve(key) }) : null,
    failedLoginsPerMinute: read.FLEET_API_FAILED_LOGINS,
  })
}

export function apiProblems(read: Read): string[] {
  const { FLEET_API_TLS_CERT_FILE: cert, FLEET_API_TLS_KEY_FILE: key } = read
  if ((cert === undefined) === (key === undefined)) return []
  const missing = cert === undefined ? 'FLEET_API_TLS_CERT_FILE' : 'FLEET_API_TLS_KEY_FILE'
  return [`${missing} is missing: TLS needs a certificate and its key`]
}
