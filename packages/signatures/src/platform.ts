// What the pure source adapters ask of the machine, in one object to hand to them.

import { equalBytes, hmac, sha256, textSha256Hex } from './digest.ts'
import { verifyEd25519 } from './ed25519.ts'
import { MacKey } from './mac-key.ts'

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return null
  }
}

/** Writers keep their bytes for long: the same memory as a buffer, whose methods are faster than an encoder. */
let written: { readonly bytes: Uint8Array; readonly buffer: Buffer } | null = null

function encodeUtf8(text: string, into: Uint8Array, at: number): number {
  if (written?.bytes !== into) {
    const buffer = Buffer.from(into.buffer, into.byteOffset, into.length)
    written = { bytes: into, buffer }
  }
  return at + written.buffer.write(text, at)
}

/** A secret is the same array for as long as its file is unchanged. */
const macKeys = new WeakMap<Uint8Array, MacKey>()

/** As `hmac`; what a key contributes to every MAC is worked out once. Keys must not be changed. */
function hmacOfKnownKey(
  algorithm: 'sha256' | 'sha1',
  key: Uint8Array,
  ...parts: readonly Uint8Array[]
): Buffer {
  if (algorithm !== 'sha256') return hmac(algorithm, key, ...parts)
  let known = macKeys.get(key)
  if (known === undefined) macKeys.set(key, (known = new MacKey(key)))
  return known.mac(...parts)
}

export const platform = {
  sha256,
  textSha256Hex,
  hmac: hmacOfKnownKey,
  equal: equalBytes,
  verifyEd25519,
  encodeUtf8,
  decodeUtf8,
} as const
