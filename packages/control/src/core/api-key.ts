// API keys: `flk_<id>_<256 bits>`. The text is shown once and only its hash is kept. Pure: hash and
// comparison come in, so that nothing here can leak a key by logging or by time.

import type { ApiKeyRecord, EndpointRecord, Scope } from './records.ts'
import type { ControlState } from './state.ts'

/** `flk_`, 16 hex digits of id, 43 characters of base64url: 256 bits. */
const keyText = /^flk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/

export interface KeyCrypto {
  sha256Hex(text: string): string
  /** Constant time. */
  equalTexts(left: string, right: string): boolean
}

export type Authentication =
  | { ok: true; key: ApiKeyRecord }
  /** One answer for every reason; the reason is for our own metrics. */
  | { ok: false; reason: 'malformed' | 'unknown' | 'expired' }

export function authenticate(
  state: Pick<ControlState, 'apiKeys'>,
  presented: string,
  nowMs: number,
  crypto: KeyCrypto,
): Authentication {
  const id = keyText.exec(presented)?.[1]
  if (id === undefined) return { ok: false, reason: 'malformed' }
  const key = state.apiKeys.get(id)
  // An unknown id costs the same work as a wrong key.
  const hash = crypto.sha256Hex(presented)
  const isSame = crypto.equalTexts(hash, key?.hash ?? ''.padEnd(hash.length, '0'))
  if (key === undefined || !isSame) return { ok: false, reason: 'unknown' }
  return isExpired(key, nowMs) ? { ok: false, reason: 'expired' } : { ok: true, key }
}

export function isExpired({ expires_at: expiresAt }: ApiKeyRecord, nowMs: number): boolean {
  return expiresAt !== null && Date.parse(expiresAt) <= nowMs
}

/** In force, not replaced, and past the day it should have been rotated. */
export function isOverdue(key: ApiKeyRecord, nowMs: number): boolean {
  const { rotate_by: rotateBy, replaced_by: replacedBy } = key
  if (rotateBy === null || replacedBy !== null || isExpired(key, nowMs)) return false
  return Date.parse(rotateBy) <= nowMs
}

/** `admin` includes every other scope. */
export function hasScope({ scopes }: Pick<ApiKeyRecord, 'scopes'>, scope: Scope): boolean {
  return scopes.includes(scope) || scopes.includes('admin')
}

/** A key of the platform reaches every tenant, another one only its own. */
export function reaches(
  { tenant_id: own }: Pick<ApiKeyRecord, 'tenant_id'>,
  tenantId: string | null,
): boolean {
  return own === null || own === tenantId
}

/**
 * Whether a sender may deliver to the endpoint with it. `admin` does not include it: a key that lies with
 * a sender opens nothing else.
 */
export function mayDeliver(
  key: Pick<ApiKeyRecord, 'scopes' | 'tenant_id' | 'endpoint_id'>,
  { id, tenant_id: tenantId }: Pick<EndpointRecord, 'id' | 'tenant_id'>,
): boolean {
  const { endpoint_id: only = null } = key
  return (
    key.scopes.includes('events:write') &&
    key.tenant_id === tenantId &&
    (only === null || only === id)
  )
}

export function composeKey(id: string, secretBase64Url: string): string {
  return `flk_${id}_${secretBase64Url}`
}
