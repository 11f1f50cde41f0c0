// Signs a delivery as its sender would: for the command line, the demo and tests. The edge never signs.

import { encodeBase64, encodeHex } from './encodings.ts'
import type { Endpoint } from './endpoint.ts'
import type { Platform } from './platform.ts'
import { idHeader, signedParts } from './verify-content.ts'
import { signingKey } from './verify-key.ts'
import { hashOf } from './verify.ts'

/** Header names in lower case and their values; null when the secret cannot be used. */
export function signDelivery(
  endpoint: Endpoint,
  secret: Uint8Array,
  delivery: { readonly body: Uint8Array; readonly id: string; readonly nowMs: number },
  platform: Pick<Platform, 'hmac'>,
): Record<string, string> | null {
  const key = signingKey(endpoint, secret)
  if (key === null) return null
  const { signature } = endpoint
  const timestamp = String(Math.floor(delivery.nowMs / 1000))
  const parts = signedParts(endpoint, { id: delivery.id, timestamp }, delivery.body)
  const mac = platform.hmac(hashOf(endpoint), key, ...parts)
  const encoded = signature.encoding === 'hex' ? encodeHex(mac) : encodeBase64(mac)
  const headers: Record<string, string> = { [signature.header]: signature.prefix + encoded }
  if (signature.signedContent.includes('{id}')) headers[idHeader] = delivery.id
  if (signature.timestampHeader !== null) headers[signature.timestampHeader] = timestamp
  return headers
}
