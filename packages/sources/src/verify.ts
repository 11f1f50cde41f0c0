// Whether a delivery was signed by the holder of one of its endpoint's secrets, over the very bytes that
// arrived. Looks into no body that is not signed; must never tell apart, in its answer, which of the secrets
// failed.

import type { Endpoint } from './endpoint.ts'
import type { RequestHeaders } from './headers.ts'
import { readHeader } from './headers.ts'
import type { Platform } from './platform.ts'
import { matchingApiKey, presentedApiKey } from './verify-api-key.ts'
import { readSignedHeaders, signedParts } from './verify-content.ts'
import { isFresh } from './verify-freshness.ts'
import { verificationKey } from './verify-key.ts'
import type { VerificationKey } from './verify-key.ts'
import { presentedSignatures } from './verify-presented.ts'
import type { PresentedSignature } from './verify-presented.ts'

export interface DeliverySecret {
  readonly id: string
  readonly key: Uint8Array
  /** Inclusive. */
  readonly notBeforeMs: number | null
  /** Exclusive. */
  readonly notAfterMs: number | null
}

export interface DeliveryRequest {
  readonly headers: RequestHeaders
  readonly body: Uint8Array
  readonly nowMs: number
  /** False: it came in clear over a network, where an API key is no proof any more. */
  readonly isPrivate?: boolean
}

export type Verification =
  | { ok: true; keyId: string; scheme: string }
  /** `stale` is said only of a valid signature: limits that come before freshness may go between. */
  | { ok: false; reason: 'missing_signature' | 'bad_signature' | 'stale' }

const missing = { ok: false, reason: 'missing_signature' } as const
const bad = { ok: false, reason: 'bad_signature' } as const
const stale = { ok: false, reason: 'stale' } as const

type VerifyingPlatform = Pick<
  Platform,
  'sha256' | 'hmac' | 'equal' | 'verifyEd25519' | 'decodeUtf8'
>

export function verifyDelivery(
  endpoint: Endpoint,
  secrets: readonly DeliverySecret[],
  request: DeliveryRequest,
  platform: VerifyingPlatform,
): Verification {
  if (endpoint.auth === 'api-key') return verifyApiKey(endpoint, secrets, request, platform)
  const header = readHeader(request.headers, endpoint.signature.header)
  if (header.kind === 'missing') return missing
  if (header.kind === 'repeated') return bad
  const signed = readSignedHeaders(endpoint, request.headers)
  if (signed.kind === 'missing') return missing
  const presented = presentedSignatures(endpoint, header.value)
  if (signed.kind === 'bad' || presented.length === 0) return bad
  const parts = signedParts(endpoint, signed, request.body)
  for (const secret of secrets) {
    if (!isActiveSecret(secret, request.nowMs)) continue
    const key = verificationKey(endpoint, secret.key)
    if (key === null || !isSignedWith(key, endpoint, presented, parts, platform)) continue
    if (!isFresh(endpoint, signed.timestamp, request, platform)) return stale
    return { ok: true, keyId: secret.id, scheme: signatureScheme(endpoint, key.kind) }
  }
  return bad
}

function verifyApiKey(
  endpoint: Endpoint,
  secrets: readonly DeliverySecret[],
  { headers, nowMs, isPrivate = true }: DeliveryRequest,
  platform: VerifyingPlatform,
): Verification {
  const presented = presentedApiKey(endpoint, headers)
  if (presented === 'missing') return missing
  if (presented === 'bad' || !isPrivate) return bad
  const active = secrets.filter(secret => isActiveSecret(secret, nowMs))
  const found = matchingApiKey(active, presented, platform)
  return found === null ? bad : { ok: true, keyId: found.id, scheme: signatureScheme(endpoint) }
}

/** A key counts only for signatures of its own kind: no other scheme stands in for one that failed. */
function isSignedWith(
  key: VerificationKey,
  endpoint: Endpoint,
  presented: readonly PresentedSignature[],
  parts: readonly Uint8Array[],
  platform: VerifyingPlatform,
): boolean {
  if (key.kind === 'ed25519') {
    return presented.some(
      ({ kind, bytes }) => kind === 'ed25519' && platform.verifyEd25519(key.bytes, bytes, ...parts),
    )
  }
  const expected = platform.hmac(hashOf(endpoint), key.bytes, ...parts)
  return presented.some(({ kind, bytes }) => kind === 'mac' && platform.equal(bytes, expected))
}

/** What a raw record says about how it was signed. */
export function signatureScheme(endpoint: Endpoint, kind: VerificationKey['kind'] = 'mac'): string {
  const { adapter, signature } = endpoint
  if (endpoint.auth === 'api-key') return `${adapter}/api-key`
  if (adapter !== 'standard-webhooks') return `${adapter}/${signature.algorithm}`
  return `${adapter}/${kind === 'ed25519' ? 'v1a' : 'v1'}`
}

export function hashOf(endpoint: Endpoint): 'sha256' | 'sha1' {
  return endpoint.signature.algorithm === 'hmac-sha1' ? 'sha1' : 'sha256'
}

/** Whether a secret may be used at that time: to verify, or to answer a challenge. */
export function isActiveSecret(secret: DeliverySecret, nowMs: number): boolean {
  const { notBeforeMs, notAfterMs } = secret
  return (
    (notBeforeMs === null || notBeforeMs <= nowMs) && (notAfterMs === null || nowMs < notAfterMs)
  )
}
