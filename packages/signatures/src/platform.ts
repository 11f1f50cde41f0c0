// What the pure source adapters ask of the machine, in one object to hand to them.

import { equalBytes, hmac, sha256, textSha256Hex } from './digest.ts'
import { verifyEd25519 } from './ed25519.ts'

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return null
  }
}

export const platform = {
  sha256,
  textSha256Hex,
  hmac,
  equal: equalBytes,
  verifyEd25519,
  decodeUtf8,
} as const
