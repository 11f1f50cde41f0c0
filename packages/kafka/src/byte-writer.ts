// Writes Kafka's primitive types into one growing buffer that is used again for request after request.
// Whoever hands the bytes to a socket must not write again before the socket is done with them.

const firstCapacityBytes = 4096
/** Up to here a loop over the characters beats a call into the runtime, measured on Node 20. */
const shortTextLength = 32

export class ByteWriter {
  bytes: Buffer = Buffer.allocUnsafeSlow(firstCapacityBytes)
  /** Where the next byte goes; what stands before it is the content. */
  at = 0

  /** Room for `count` more bytes; everything below writes without asking. */
  reserve(count: number): void {
    const needed = this.at + count
    if (needed <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
    larger.set(this.bytes.subarray(0, this.at))
    this.bytes = larger
  }

  int8(value: number): void {
    this.bytes[this.at++] = value
  }

  int16(value: number): void {
    this.at = this.bytes.writeInt16BE(value, this.at)
  }

  int32(value: number): void {
    this.at = this.bytes.writeInt32BE(value, this.at)
  }

  /** A 64-bit integer of at most 53 bits. */
  int64(value: number): void {
    this.bytes.writeInt32BE(Math.floor(value / 0x1_0000_0000), this.at)
    this.bytes.writeUInt32BE(value >>> 0, this.at + 4)
    this.at += 8
  }

  /** Length as int16, then UTF-8; makes its own room. */
  string(text: string | null): void {
    const length = text === null ? -1 : Buffer.byteLength(text)
    this.reserve(2 + Math.max(0, length))
    this.int16(length)
    if (text !== null) this.at += this.bytes.write(text, this.at)
  }

  /** Zigzag, 32 bits. */
  varint(value: number): void {
    let rest = ((value << 1) ^ (value >> 31)) >>> 0
    let { at } = this
    while (rest > 0x7f) {
      this.bytes[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.bytes[at++] = rest
    this.at = at
  }

  /** Length as varint, then the bytes or the text as UTF-8; null is the length -1. */
  varintBytes(value: Buffer | string | null): void {
    if (value === null) this.int8(1)
    else if (typeof value === 'string') this.#varintText(value)
    else {
      this.varint(value.length)
      this.bytes.set(value, this.at)
      this.at += value.length
    }
  }

  #varintText(text: string): void {
    const { length } = text
    if (length <= shortTextLength && this.#shortAscii(text)) return
    // Behind room for the length, guessed to be that of ASCII: to count before takes as long as to write.
    const start = this.at
    const guess = varintSize(length)
    const byteLength = this.bytes.write(text, start + guess)
    if (varintSize(byteLength) !== guess) this.bytes.write(text, start + varintSize(byteLength))
    this.varint(byteLength)
    this.at += byteLength
  }

  /** False, with nothing written, when a character is not ASCII. */
  #shortAscii(text: string): boolean {
    const { bytes } = this
    let { at } = this
    bytes[at++] = text.length << 1
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code > 0x7f) return false
      bytes[at++] = code
    }
    this.at = at
    return true
  }
}

/** How many bytes `varint(value)` takes, for a value that is not negative. */
export function varintSize(value: number): number {
  if (value < 0x40) return 1
  if (value < 0x2000) return 2
  if (value < 0x10_0000) return 3
  return value < 0x800_0000 ? 4 : 5
}
