// Reads what records of a batch are made of. Beyond the end all is zero or empty: whoever reads checks
// where it got to.

import { headerName } from './header-names.ts'

export class RecordCursor {
  at: number
  readonly #bytes: Buffer

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  /** Zigzag, up to 32 bits. */
  varint(): number {
    let value = 0
    let shift = 0
    let byte: number
    do {
      byte = this.#bytes[this.at++] ?? 0
      value |= (byte & 0x7f) << shift
      shift += 7
    } while (byte > 0x7f && shift < 35)
    return (value >>> 1) ^ -(value & 1)
  }

  /** Zigzag, up to 53 bits: a timestamp delta can pass 32 bits (24 days). */
  varlong(): number {
    let value = 0
    let factor = 1
    let byte: number
    do {
      byte = this.#bytes[this.at++] ?? 0
      value += (byte & 0x7f) * factor
      factor *= 128
    } while (byte > 0x7f && factor <= 2 ** 63)
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  bytes(): Buffer | null {
    const length = this.varint()
    if (length < 0) return null
    const slice = this.#bytes.subarray(this.at, this.at + length)
    this.at += length
    return slice
  }

  /** Of a header; never null. */
  name(): string {
    const length = Math.max(0, this.varint())
    const start = this.at
    this.at += length
    return headerName(this.#bytes, start, Math.min(this.at, this.#bytes.length))
  }

  /** Moves past bytes with their length before them. Returns the length, -1 for null. */
  skip(): number {
    const length = Math.max(-1, this.varint())
    if (length > 0) this.at += length
    return length
  }
}
