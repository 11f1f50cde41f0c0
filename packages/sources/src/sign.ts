// Signs a delivery as its sender would: for the command line, the demo and tests. The edge never signs.

import { encodeBase64, encodeBase64Url, encodeHex } from './encodings.ts'
import type { Endpoint, EndpointSignature } from './endpoint.ts'
import type { Platform } from './platform.ts'
import { signedParts } from './verify-content.ts'
import { verificationKey } from './verify-key.ts'
import { hashOf } from './verify.ts'

/**
 * Header names in lower case and their values; null when the secret cannot be used. A public key never
 * can, nor the hash of an API key: the private one, or the key, is with the sender alone.
 */
export function signDelivery(
  endpoint: Endpoint,
  secret: Uint8Array,
  delivery: { readonly body: Uint8Array; readonly id: string; readonly nowMs: number },
  platform: Pick<Platform, 'hmac'>,
): Record<string, string> | null {
  if (endpoint.auth === 'api-key') return null
  const key = verificationKey(endpoint, secret)
  if (key?.kind !== 'mac') return null
  const { signature } = endpoint
  const timestamp = String(Math.floor(delivery.nowMs / 1000))
  const parts = signedParts(endpoint, { id: delivery.id, timestamp }, delivery.body)
  const mac = platform.hmac(hashOf(endpoint), key.bytes, ...parts)
  const encoded = encoders[signature.encoding](mac)
  const headers: Record<string, string> = { [signature.header]: signature.prefix + encoded }
  if (signature.signedContent.includes('{id}')) headers[signature.idHeader] = delivery.id
  if (signature.timestampHeader !== null) headers[signature.timestampHeader] = timestamp
  return headers
}

const encoders: Record<EndpointSignature['encoding'], (bytes: Uint8Array) => string> = {
  hex: encodeHex,
  base64: encodeBase64,
  base64url: encodeBase64Url,
}
