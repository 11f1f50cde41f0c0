// Hex, base64 and base64url without Node. Decoders return null for what is not exactly the encoding: a signature
// with trailing junk must not be the same signature.

const hexDigits = '0123456789abcdef'
const base64Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Lower case. */
export function encodeHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += (hexDigits[byte >> 4] ?? '') + (hexDigits[byte & 15] ?? '')
  return text
}

/** Either case; null for an odd length or any other character. */
export function decodeHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0) return null
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    const high = hexValue(text.charCodeAt(2 * i))
    const low = hexValue(text.charCodeAt(2 * i + 1))
    if (high < 0 || low < 0) return null
    bytes[i] = (high << 4) | low
  }
  return bytes
}

function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

/** RFC 4648 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const word = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    text += (base64Digits[word >> 18] ?? '') + (base64Digits[(word >> 12) & 63] ?? '')
    text += left > 1 ? (base64Digits[(word >> 6) & 63] ?? '') : '='
    text += left > 2 ? (base64Digits[word & 63] ?? '') : '='
  }
  return text
}

/**
 * Padding may be left out and unused bits are ignored, as issuers of secrets do; compare with
 * `encodeBase64` where only the canonical text will do.
 */
export function decodeBase64(text: string): Uint8Array | null {
  const digits = text.replace(/={1,2}$/, '')
  if (digits.length % 4 === 1) return null
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4))
  let word = 0
  let at = 0
  for (let i = 0; i < digits.length; i++) {
    const value = base64Digits.indexOf(digits.charAt(i))
    if (value < 0) return null
    word = ((word << 6) | value) & 0xffffff
    const bits = (i % 4) * 6
    if (bits !== 0) bytes[at++] = (word >> (6 - bits / 3)) & 0xff
  }
  return bytes
}

/** RFC 4648 §5, without padding. */
export function encodeBase64Url(bytes: Uint8Array): string {
  const text = encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_')
  return text.replace(/=+$/, '')
}

/** As `decodeBase64`, in the other alphabet; null where a digit of the first one stands. */
export function decodeBase64Url(text: string): Uint8Array | null {
  if (/[+/]/.test(text)) return null
  return decodeBase64(text.replaceAll('-', '+').replaceAll('_', '/'))
}

/**
 * The bytes of a header as they were on the wire: HTTP parsers hand them over as Latin-1. Null when the
 * text cannot have come from a header.
 */
export function headerBytes(text: string): Uint8Array | null {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0xff) return null
    bytes[i] = code
  }
  return bytes
}
