// Verification with the platform's own cryptography, in the few words of a test.

import { platform } from '@fleet/signatures'

import type { Endpoint } from '../src/endpoint.ts'
import type { RequestHeaders } from '../src/headers.ts'
import { verifyDelivery } from '../src/verify.ts'
import type { DeliverySecret, Verification } from '../src/verify.ts'

export const bytes = (text: string): Uint8Array => Buffer.from(text)

export function secret(text: string, overrides: Partial<DeliverySecret> = {}): DeliverySecret {
  return { id: 'k1', key: bytes(text), notBeforeMs: null, notAfterMs: null, ...overrides }
}

export function verify(
  endpoint: Endpoint,
  secrets: readonly DeliverySecret[],
  headers: RequestHeaders,
  body: Uint8Array,
  nowMs = 0,
): Verification {
  return verifyDelivery(endpoint, secrets, { headers, body, nowMs }, platform)
}

/** `ok`, or the reason of the refusal. */
export function outcome(verification: Verification): string {
  return verification.ok ? 'ok' : verification.reason
}
