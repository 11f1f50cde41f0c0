// Hashes and constant-time comparison on node:crypto. Nothing here knows what it hashes.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** HMAC over the parts as if they were one array. */
export function hmac(
  algorithm: 'sha256' | 'sha1',
  key: Uint8Array,
  ...parts: readonly Uint8Array[]
): Buffer {
  const mac = createHmac(algorithm, key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

/** Constant time for equal lengths; the length itself is no secret. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right)
}
