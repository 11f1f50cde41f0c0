// Making and comparing API keys on node:crypto.

import { randomBytes, timingSafeEqual } from 'node:crypto'
import { textSha256Hex } from '@fleet/signatures'

import type { KeyCrypto } from '../core/api-key.ts'
import { composeKey } from '../core/api-key.ts'

const idBytes = 8
const secretBytes = 32

export const keyCrypto: KeyCrypto = {
  sha256Hex: textSha256Hex,
  equalTexts: (left, right) => {
    const [a, b] = [Buffer.from(left), Buffer.from(right)]
    return a.length === b.length && timingSafeEqual(a, b)
  },
}

/** A new key: its id, its text (to be shown once) and the hash to keep. */
export function makeApiKey(): { id: string; text: string; hash: string } {
  const id = randomBytes(idBytes).toString('hex')
  const text = composeKey(id, randomBytes(secretBytes).toString('base64url'))
  return { id, text, hash: textSha256Hex(text) }
}
