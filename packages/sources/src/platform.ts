// What the pure adapters need from the machine: hashing, comparing, verifying, strict UTF-8.
// It comes in as a parameter so that no adapter can reach a clock, a file or the network.

export type HmacAlgorithm = 'sha256' | 'sha1'

export interface Platform {
  sha256(bytes: Uint8Array): Uint8Array
  /** Of the text's UTF-8 form, in lower-case hex. */
  textSha256Hex(text: string): string
  /** HMAC over the parts as if they were one array; the caller never has to copy a body. */
  hmac(algorithm: HmacAlgorithm, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array
  /** Constant time for arrays of equal length; false at once when the lengths differ. */
  equal(left: Uint8Array, right: Uint8Array): boolean
  /** Ed25519 over the parts as if they were one array; false for what is no key or no signature. */
  verifyEd25519(
    publicKey: Uint8Array,
    signature: Uint8Array,
    ...parts: readonly Uint8Array[]
  ): boolean
  /**
   * Writes the text's UTF-8 form, a lone surrogate as U+FFFD, and returns where it ends. There must be
   * room for three bytes a character.
   */
  encodeUtf8(text: string, into: Uint8Array, at: number): number
  /** Strict UTF-8: null when the bytes are not UTF-8. A leading byte order mark is skipped. */
  decodeUtf8(bytes: Uint8Array): string | null
}

/** What normalizing needs: no secrets, no signatures. */
export type NormalizingPlatform = Pick<Platform, 'sha256' | 'encodeUtf8' | 'decodeUtf8'>
