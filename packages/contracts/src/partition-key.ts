// Record keys and the partition they land on. Both must give the same bytes for ever: a changed key
// moves a resource to another partition, away from its state.

const unreserved = /[A-Za-z0-9_.~-]/
const onlyUnreserved = /^[A-Za-z0-9_.~-]*$/
const hex = '0123456789ABCDEF'

/**
 * Percent-encodes every UTF-8 byte outside `[A-Za-z0-9_.~-]`.
 * Stricter than encodeURIComponent, which leaves `!'()*` alone.
 */
export function encodeKeyPart(part: string): string {
  if (onlyUnreserved.test(part)) return part
  let out = ''
  for (const byte of utf8Bytes(part)) {
    const character = String.fromCharCode(byte)
    if (byte < 0x80 && unreserved.test(character)) out += character
    else out += `%${hex[byte >> 4]}${hex[byte & 15]}`
  }
  return out
}

/** `enc(tenant)/enc(type)/enc(id)`: the key of everything that concerns one resource. */
export function resourceKey(tenantId: string, type: string, id: string): string {
  return `${encodeKeyPart(tenantId)}/${encodeKeyPart(type)}/${encodeKeyPart(id)}`
}

/** Key of a delivery that could not be identified; `bodySha256Hex` is the hash of its body. */
export function unidentifiedKey(tenantId: string, bodySha256Hex: string): string {
  return `${encodeKeyPart(tenantId)}/unidentified/${bodySha256Hex.slice(0, 32)}`
}

/** Kafka's default partition for a key: `murmur2(key) & 0x7fffffff % partitionCount`. */
export function partitionOf(key: string | Uint8Array, partitionCount: number): number {
  const bytes = typeof key === 'string' ? utf8Bytes(key) : key
  return (murmur2(bytes) & 0x7fffffff) % partitionCount
}

/**
 * 32-bit murmur2 as in Kafka's Java client (org.apache.kafka.common.utils.Utils.murmur2).
 * Returns a signed 32-bit integer.
 */
export function murmur2(data: Uint8Array): number {
  const multiplier = 0x5bd1e995
  const length = data.length
  let hash = 0x9747b28c ^ length
  const blocks = length >> 2
  for (let i = 0; i < blocks; i++) {
    const at = i << 2
    let word =
      byteAt(data, at) |
      (byteAt(data, at + 1) << 8) |
      (byteAt(data, at + 2) << 16) |
      (byteAt(data, at + 3) << 24)
    word = Math.imul(word, multiplier)
    word ^= word >>> 24
    word = Math.imul(word, multiplier)
    hash = Math.imul(hash, multiplier) ^ word
  }
  const tail = length & ~3
  const rest = length & 3
  if (rest === 3) hash ^= byteAt(data, tail + 2) << 16
  if (rest >= 2) hash ^= byteAt(data, tail + 1) << 8
  if (rest >= 1) hash = Math.imul(hash ^ byteAt(data, tail), multiplier)
  hash ^= hash >>> 13
  hash = Math.imul(hash, multiplier)
  hash ^= hash >>> 15
  return hash | 0
}

function byteAt(data: Uint8Array, index: number): number {
  return data[index] ?? 0
}

/** UTF-8 without TextEncoder, which the pure rooms do not have; lone surrogates become U+FFFD. */
export function utf8Bytes(text: string): Uint8Array {
  // Keys and ids are nearly always ASCII: one byte a character, no growing list.
  const ascii = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return encodeUtf8(text)
    ascii[i] = code
  }
  return ascii
}

function encodeUtf8(text: string): Uint8Array {
  const out: number[] = []
  for (const character of text) {
    let code = character.codePointAt(0) ?? 0xfffd
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd
    if (code < 0x80) out.push(code)
    else if (code < 0x800) out.push(0xc0 | (code >> 6), 0x80 | (code & 63))
    else if (code < 0x10000)
      out.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
    else
      out.push(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 63),
        0x80 | ((code >> 6) & 63),
        0x80 | (code & 63),
      )
  }
  return Uint8Array.from(out)
}
