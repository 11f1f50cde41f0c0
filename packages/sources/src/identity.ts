// What may serve as the id of an event, a resource or a vehicle. Both the edge and the API must agree on
// it: an id that one takes and the other does not is a resource nobody can look up.

import type { Json } from './strict-json.ts'

/** Longer ids are refused: they become record keys, changelog rows and headers. */
const idBytesMax = 256

/** Version of the rules here and in resource-type.ts; written on every raw record. */
export const identifierVersion = '1'

const forbidden = /[\p{Cc}\p{Cs}]/u

/**
 * A string, or a safe integer as its decimal text; 1 to 256 bytes of UTF-8 without control characters
 * and lone surrogates. Null for everything else: unsafe integers have already lost digits.
 */
export function parseId(value: Json | undefined): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : null
  return typeof value === 'string' && isId(value) ? value : null
}

export function isId(text: string): boolean {
  if (text.length === 0 || text.length > idBytesMax || forbidden.test(text)) return false
  // A UTF-16 unit is at most three bytes, so most ids need no counting.
  return text.length * 3 <= idBytesMax || utf8ByteCount(text) <= idBytesMax
}

function utf8ByteCount(text: string): number {
  let count = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    count += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return count
}
