// The identity under which a delivery is remembered: the first 128 bits of a SHA-256 over
// everything that makes an event "the same event". Two different events collide with probability
// 2^-128.

import type { Mode } from '@fleet/contracts'

import { jsonText } from './json-text.ts'
import { readWord } from './seen-block.ts'

/** 128 bits as four unsigned 32-bit words, big-endian. */
export type SeenId = readonly [number, number, number, number]

export interface Identity {
  readonly tenantId: string
  readonly source: string
  readonly recordKey: string
  readonly mode: Mode
  readonly eventId: string
}

/** Digest of a text's UTF-8 form; at least 16 bytes. SHA-256 in production. */
export type Digest = (text: string) => Uint8Array

/** JSON keeps the parts apart: no character can move from one into the next. */
export function seenIdOf(identity: Identity, digest: Digest): SeenId {
  const { tenantId, source, recordKey, mode, eventId } = identity
  const who = `${jsonText(tenantId)},${jsonText(source)},${jsonText(recordKey)}`
  const bytes = digest(`[${who},"${mode}",${jsonText(eventId)}]`)
  return [readWord(bytes, 0), readWord(bytes, 4), readWord(bytes, 8), readWord(bytes, 12)]
}
