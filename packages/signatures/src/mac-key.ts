// HMAC-SHA256 (RFC 2104) with one key, many times over: the key's two blocks are made once, and a MAC is
// two plain hashes over memory that is reused. A new HMAC object each time takes half as long again and
// leaves the collector a handle to finalize.
//
//   mac = SHA-256(outerBlock SHA-256(innerBlock message))

import { hash } from 'node:crypto'
import { hmac, sha256 } from './digest.ts'

const blockBytes = 64
const digestBytes = 32

/** Longer messages go the plain way, so that the memory kept stays small. */
const messageBytesMax = 64 * 1024 - blockBytes

/** The inner block with the message; the content is used up within one call. */
const inner = Buffer.allocUnsafeSlow(blockBytes + messageBytesMax)
/** The outer block with the inner digest. */
const outer = Buffer.allocUnsafeSlow(blockBytes + digestBytes)

export class MacKey {
  readonly #key: Uint8Array
  readonly #innerBlock: Buffer
  readonly #outerBlock: Buffer

  constructor(key: Uint8Array) {
    this.#key = key
    const padded = Buffer.alloc(blockBytes)
    padded.set(key.length > blockBytes ? sha256(key) : key)
    this.#innerBlock = padded.map(byte => byte ^ 0x36) as Buffer
    this.#outerBlock = padded.map(byte => byte ^ 0x5c) as Buffer
  }

  /** Over the parts as if they were one array. */
  mac(...parts: readonly Uint8Array[]): Buffer {
    let end = blockBytes
    for (const part of parts) end += part.length
    if (end > inner.length) return hmac('sha256', this.#key, ...parts)
    inner.set(this.#innerBlock)
    let at = blockBytes
    for (const part of parts) {
      inner.set(part, at)
      at += part.length
    }
    outer.set(this.#outerBlock)
    outer.write(hash('sha256', inner.subarray(0, end), 'binary'), blockBytes, 'latin1')
    return Buffer.from(hash('sha256', outer, 'binary'), 'latin1')
  }
}
