// What a secret can verify: the bytes of a MAC key, or a public key. The text of the secret decides which,
// so that nothing in a request can: a public key is known to anyone, and who could choose the scheme would
// sign with it as the key of a MAC.

import { decodeBase64, encodeBase64 } from './encodings.ts'
import type { Endpoint } from './endpoint.ts'
import { apiKeyHashProblem } from './verify-api-key.ts'

export interface VerificationKey {
  readonly kind: 'mac' | 'ed25519'
  readonly bytes: Uint8Array
}

type KeyReading = { ok: true; key: VerificationKey } | { ok: false; problem: string }

const macPrefix = 'whsec_'
const publicPrefix = 'whpk_'
const privatePrefix = 'whsk_'

const publicKeyBytes = 32

/** Null when the secret cannot be used. */
export function verificationKey(
  endpoint: Pick<Endpoint, 'adapter'>,
  secret: Uint8Array,
): VerificationKey | null {
  const reading = readKey(endpoint, secret)
  return reading.ok ? reading.key : null
}

/** Why a secret verifies nothing, without a character of it; null when it can be used. */
export function secretProblem(
  endpoint: Pick<Endpoint, 'adapter' | 'auth'>,
  secret: Uint8Array,
): string | null {
  if (endpoint.auth === 'api-key') return apiKeyHashProblem(secret)
  const reading = readKey(endpoint, secret)
  return reading.ok ? null : reading.problem
}

/** Of the secrets in force: their text is decoded once, not for each delivery. */
const knownKeys = new WeakMap<Uint8Array, KeyReading>()

function readKey({ adapter }: Pick<Endpoint, 'adapter'>, secret: Uint8Array): KeyReading {
  if (adapter !== 'standard-webhooks') return checked(mac(secret))
  let reading = knownKeys.get(secret)
  if (reading === undefined) {
    reading = checked(readStandardWebhooksKey(secret))
    knownKeys.set(secret, reading)
  }
  return reading
}

function checked(reading: KeyReading): KeyReading {
  // Anyone could sign with an empty key.
  if (reading.ok && reading.key.bytes.length === 0) return unusable('it is empty')
  return reading
}

/** By its prefix; a text without one stands for itself. */
function readStandardWebhooksKey(secret: Uint8Array): KeyReading {
  const text = latin1(secret)
  if (text.startsWith(privatePrefix)) {
    return unusable(`${privatePrefix} is the private key: take the sender's ${publicPrefix}`)
  }
  if (text.startsWith(publicPrefix)) return readPublicKey(text.slice(publicPrefix.length))
  if (!text.startsWith(macPrefix)) return mac(secret)
  const bytes = decodeBase64(text.slice(macPrefix.length))
  return bytes === null ? unusable(`after ${macPrefix} stands no base64`) : mac(bytes)
}

function readPublicKey(text: string): KeyReading {
  const bytes = decodeBase64(text)
  // Padding or none, but no other text for the same key.
  const isCanonical = bytes !== null && encodeBase64(bytes).startsWith(text)
  if (!isCanonical || bytes.length !== publicKeyBytes) {
    return unusable(`after ${publicPrefix} must stand ${publicKeyBytes} bytes in base64`)
  }
  if (hasSmallOrder(bytes)) {
    return unusable('it is a point of small order: signatures of anybody would be valid')
  }
  return { ok: true, key: { kind: 'ed25519', bytes } }
}

function mac(bytes: Uint8Array): KeyReading {
  return { ok: true, key: { kind: 'mac', bytes } }
}

function unusable(problem: string): KeyReading {
  return { ok: false, problem }
}

/**
 * The y coordinates of Curve25519's eight points of small order, as hex in little-endian order, also
 * where they are written above the field's prime. RFC 8032 has them verified like any other key.
 */
const smallOrderPoints = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
]

function hasSmallOrder(key: Uint8Array): boolean {
  const last = key.length - 1
  return smallOrderPoints.some(point =>
    // The highest bit is the sign of x: both points of a y are of the same order.
    key.every((byte, i) => (i === last ? byte & 0x7f : byte) === byteAt(point, i)),
  )
}

function byteAt(hex: string, index: number): number {
  return Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16)
}

function latin1(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}
