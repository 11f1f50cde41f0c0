// Whether a delivery was signed by the holder of one of its endpoint's secrets, over the very bytes that
// arrived. Reads nothing of the body; must never tell apart, in its answer, which of the secrets failed.

import { decodeBase64, decodeHex, encodeBase64 } from './encodings.ts'
import type { Endpoint } from './endpoint.ts'
import type { RequestHeaders } from './headers.ts'
import { readHeader } from './headers.ts'
import type { Platform } from './platform.ts'
import { readSignedHeaders, signedParts } from './verify-content.ts'
import { isFresh } from './verify-freshness.ts'
import { signingKey } from './verify-key.ts'

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
}

export type Verification =
  | { ok: true; keyId: string; scheme: string }
  /** `stale` is said only of a valid signature: limits that come before freshness may go between. */
  | { ok: false; reason: 'missing_signature' | 'bad_signature' | 'stale' }

const missing = { ok: false, reason: 'missing_signature' } as const
const bad = { ok: false, reason: 'bad_signature' } as const
const stale = { ok: false, reason: 'stale' } as const

/** A header with more signatures is refused: each one costs a comparison for every secret. */
const signaturesMax = 16

export function verifyDelivery(
  endpoint: Endpoint,
  secrets: readonly DeliverySecret[],
  request: DeliveryRequest,
  platform: Pick<Platform, 'hmac' | 'equal'>,
): Verification {
  const header = readHeader(request.headers, endpoint.signature.header)
  if (header.kind === 'missing') return missing
  if (header.kind === 'repeated') return bad
  const signed = readSignedHeaders(endpoint, request.headers)
  if (signed.kind === 'missing') return missing
  const presented = presentedMacs(endpoint, header.value)
  if (signed.kind === 'bad' || presented.length === 0) return bad
  const parts = signedParts(endpoint, signed, request.body)
  const key = secrets.find(secret => {
    if (!isActiveSecret(secret, request.nowMs)) return false
    const keyBytes = signingKey(endpoint, secret.key)
    if (keyBytes === null) return false
    const expected = platform.hmac(hashOf(endpoint), keyBytes, ...parts)
    return presented.some(mac => platform.equal(mac, expected))
  })
  if (key === undefined) return bad
  if (!isFresh(endpoint, signed.timestamp, request.nowMs)) return stale
  return { ok: true, keyId: key.id, scheme: signatureScheme(endpoint) }
}

/** What a raw record says about how it was signed. */
export function signatureScheme(endpoint: Endpoint): string {
  const { adapter, signature } = endpoint
  return `${adapter}/${adapter === 'standard-webhooks' ? 'v1' : signature.algorithm}`
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

/** The MACs a signature header offers, decoded; empty when it is not in the configured form. */
function presentedMacs(endpoint: Endpoint, header: string): Uint8Array[] {
  const texts = endpoint.adapter === 'standard-webhooks' ? listedSignatures(header) : [header]
  const macs: Uint8Array[] = []
  for (const text of texts) {
    const mac = decodeSignature(endpoint, text)
    if (mac !== null) macs.push(mac)
  }
  return macs
}

/**
 * `v1,<base64> v1,<base64> …`; other versions may stand beside ours. A trailing comma is how parsers
 * join a header that was sent twice, and such a header is refused whole.
 */
function listedSignatures(header: string): string[] {
  const texts = header.split(' ')
  const isRepeated = texts.some(text => text.endsWith(',') && text !== 'v1,')
  return isRepeated || texts.length > signaturesMax ? [] : texts
}

function decodeSignature(endpoint: Endpoint, text: string): Uint8Array | null {
  const { prefix, prefixRequired, encoding } = endpoint.signature
  const hasPrefix = text.startsWith(prefix)
  if (!hasPrefix && prefixRequired) return null
  const encoded = hasPrefix ? text.slice(prefix.length) : text
  if (encoding === 'hex') return decodeHex(encoded)
  const mac = decodeBase64(encoded)
  // Only the one canonical text: unused bits and left-out padding would make several.
  return mac !== null && encodeBase64(mac) === encoded ? mac : null
}
