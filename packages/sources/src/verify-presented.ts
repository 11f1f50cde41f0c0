// The signatures that a header offers, decoded. What is not exactly in the endpoint's form is not offered
// at all; nothing here decides whether a signature is right.

import {
  decodeBase64,
  decodeBase64Url,
  decodeHex,
  encodeBase64,
  encodeBase64Url,
} from './encodings.ts'
import type { Endpoint, EndpointSignature } from './endpoint.ts'
import type { VerificationKey } from './verify-key.ts'

export interface PresentedSignature {
  readonly kind: VerificationKey['kind']
  readonly bytes: Uint8Array
}

/** A header with more signatures is refused: each one costs a comparison for every secret. */
const signaturesMax = 16
/** Verifying one takes as long as many MACs; a sender that changes its key sends two. */
const publicSignaturesMax = 4

const publicSignatureBytes = 64

const versions = { 'v1,': 'mac', 'v1a,': 'ed25519' } as const

/** Empty when the header is not in the configured form. */
export function presentedSignatures(endpoint: Endpoint, header: string): PresentedSignature[] {
  if (endpoint.adapter === 'standard-webhooks') return listedSignatures(header)
  const bytes = decodeSignature(endpoint.signature, header)
  return bytes === null ? [] : [{ kind: 'mac', bytes }]
}

/**
 * `v1,<base64> v1a,<base64> …`; other versions may stand beside ours and count for nothing. A trailing
 * comma is how parsers join a header that was sent twice, and such a header is refused whole.
 */
function listedSignatures(header: string): PresentedSignature[] {
  const texts = header.split(' ')
  const isRepeated = texts.some(text => text.endsWith(',') && !Object.hasOwn(versions, text))
  if (isRepeated || texts.length > signaturesMax) return []
  const signatures = texts.flatMap(oneOfList)
  const publicCount = signatures.filter(({ kind }) => kind === 'ed25519').length
  return publicCount > publicSignaturesMax ? [] : signatures
}

function oneOfList(text: string): PresentedSignature[] {
  for (const [version, kind] of Object.entries(versions)) {
    if (!text.startsWith(version)) continue
    const bytes = canonicalBase64(text.slice(version.length))
    const isWhole = bytes !== null && (kind === 'mac' || bytes.length === publicSignatureBytes)
    return isWhole ? [{ kind, bytes }] : []
  }
  return []
}

function decodeSignature(
  { prefix, prefixRequired, encoding }: EndpointSignature,
  text: string,
): Uint8Array | null {
  const hasPrefix = text.startsWith(prefix)
  if (!hasPrefix && prefixRequired) return null
  const encoded = hasPrefix ? text.slice(prefix.length) : text
  if (encoding === 'hex') return decodeHex(encoded)
  return encoding === 'base64' ? canonicalBase64(encoded) : canonicalBase64Url(encoded)
}

/** Only the one canonical text: unused bits and left-out padding would make several. */
function canonicalBase64(text: string): Uint8Array | null {
  const bytes = decodeBase64(text)
  return bytes !== null && encodeBase64(bytes) === text ? bytes : null
}

/** The padding is the sender's choice, as in RFC 4648: all of it or none. */
function canonicalBase64Url(text: string): Uint8Array | null {
  const bytes = decodeBase64Url(text)
  if (bytes === null) return null
  const unpadded = encodeBase64Url(bytes)
  const isCanonical = text === unpadded || text === unpadded.padEnd(encodeBase64(bytes).length, '=')
  return isCanonical ? bytes : null
}
