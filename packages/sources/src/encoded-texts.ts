// Reads back what plain-attributes.ts wrote: map := count (key value)* 0 | 0, where texts are their length
// in bytes and their UTF-8 form, and numbers are zig-zag varints. Of our own bytes alone: it trusts them.

import type { EncodedMap } from '@fleet/contracts'

import type { Platform } from './platform.ts'

/** `names`: its keys, in their order. A decoder would lose a byte order mark at the beginning of one. */
export function readTextMap(
  { bytes, start }: EncodedMap,
  names: readonly string[],
  { decodeUtf8 }: Pick<Platform, 'decodeUtf8'>,
): Record<string, string> {
  let at = start
  const number = (): number => {
    let value = 0
    let unit = 1
    for (let byte = 0x80; byte >= 0x80; unit *= 0x80) {
      byte = bytes[at++] as number
      value += (byte & 0x7f) * unit
    }
    return value / 2
  }
  const text = (): Uint8Array => {
    const length = number()
    at += length
    return bytes.subarray(at - length, at)
  }
  const record: Record<string, string> = {}
  number()
  for (const name of names) {
    text()
    record[name] = decodeUtf8(text()) ?? ''
  }
  return record
}
