// What the pure source adapters ask of the machine, in one object to hand to them.

import { equalBytes, hmac, sha256, textSha256Hex } from './digest.ts'

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
  decodeUtf8,
} as const
