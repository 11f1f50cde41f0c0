// Canonical JSON text as bytes, of bodies whose texts need no escapes, and the lengths that Avro has in
// front of texts. Texts put together from a hundred
// pieces cost three times as much, most of it for the collector.

import { membersInOrder } from './member-order.ts'
import type { JsonTape } from './json-tape.ts'
import type { Platform } from './platform.ts'
import type { Json, JsonObject } from './strict-json.ts'

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
/** Most bytes that one UTF-16 unit takes in UTF-8. */
const unitBytesMax = 3
const capacityBytes = 64 * 1024
/** Of four bytes written at once, so many may be too many; what comes next is written over them. */
const slackBytes = 3

/**
 * By two bytes, the first the lower one: both with a backslash before each quote, and how many bytes
 * that takes. Quotes stand so close in JSON that a branch for each is guessed wrong as often as not.
 */
const quotedPairs = new Int32Array(0x1_0000)
const quotedSizes = new Uint8Array(0x1_0000)
for (let pair = 0; pair < 0x1_0000; pair++) {
  let word = 0
  let size = 0
  for (const byte of [pair & 0xff, pair >>> 8]) {
    if (byte === quote) word |= backslash << (8 * size++)
    word |= byte << (8 * size++)
  }
  quotedPairs[pair] = word
  quotedSizes[pair] = size
}

export class CanonicalWriter {
  bytes = new Uint8Array(capacityBytes)
  /** The same memory. */
  view = new DataView(this.bytes.buffer)
  /** Where the next byte goes. */
  at = 0
  #hasGrown = false

  /**
   * Leaves what was written to whoever holds it, where less than so many bytes are left behind it. What has
   * grown is left too: it would grow with everything that is written, for good.
   */
  renew(room: number): void {
    if (!this.#hasGrown && this.bytes.length - this.at >= room) return
    this.bytes = new Uint8Array(Math.max(capacityBytes, room))
    this.view = new DataView(this.bytes.buffer)
    this.at = 0
    this.#hasGrown = false
  }

  byte(byte: number): void {
    this.#reserve(1)
    this.bytes[this.at++] = byte
  }

  /** Leaves room for a length that is known when what comes next has been written. */
  openLength(size: number): void {
    this.#reserve(size)
    this.at += size
  }

  /**
   * Writes a length below 2^30 as a zig-zag varint to `at`, where `size` bytes were left for it; what stands
   * behind is moved where that is too much or too little. Returns by how much.
   */
  closeLength(at: number, size: number, length: number): number {
    let needed = 1
    for (let rest = length >>> 6; rest > 0; rest >>>= 7) needed++
    const moved = needed - size
    if (moved !== 0) {
      this.#reserve(moved)
      this.bytes.copyWithin(at + needed, at + size, this.at)
      this.at += moved
    }
    const { bytes } = this
    let rest = length << 1
    for (let i = at; i < at + needed - 1; i++) {
      bytes[i] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    bytes[at + needed - 1] = rest
    return moved
  }

  /** Writes what `canonicalJson` gives for a value of a body without escapes. */
  value(value: Json): void {
    if (typeof value === 'string') this.#text(value)
    else if (typeof value === 'number') this.raw(Number.isFinite(value) ? String(value) : 'null')
    else if (typeof value !== 'object' || value === null) this.raw(String(value))
    else if (Array.isArray(value)) this.#array(value as readonly Json[])
    else this.#object(value as JsonObject)
  }

  /** As `value`, of a value that stands in the body on the tape. */
  node(tape: JsonTape, node: number): void {
    this.#reserve(tape.room(node))
    this.at = tape.write(node, this, this.at)
  }

  /** Writes it as it is. There must be no lone surrogate in it. */
  raw(text: string): void {
    const { length } = text
    this.#reserve(length * unitBytesMax)
    const { bytes } = this
    let { at } = this
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code < 0x80) bytes[at++] = code
      else {
        at = this.#wide(text, i, at)
        // A pair of surrogates was written as one.
        if (code >= 0xd800 && code < 0xdc00) i++
      }
    }
    this.at = at
  }

  /** As `raw`, for a text of more than some dozen letters. */
  rawText(text: string, { encodeUtf8 }: Pick<Platform, 'encodeUtf8'>): void {
    this.#reserve(text.length * unitBytesMax)
    this.at = encodeUtf8(text, this.bytes, this.at)
  }

  /** Writes bytes as they are. */
  rawBytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.bytes.set(bytes, this.at)
    this.at += bytes.length
  }

  /** What stands from `start` to `end` once more, as the JSON form of that text. */
  quoted(start: number, end: number): void {
    this.#reserve(2 * (end - start) + 2 + slackBytes)
    const { bytes, view } = this
    let { at } = this
    bytes[at++] = quote
    let i = start
    for (; i + 4 <= end; i += 4) {
      const four = view.getInt32(i, true)
      if (!hasQuote(four)) {
        view.setInt32(at, four, true)
        at += 4
        continue
      }
      view.setInt32(at, quotedPairs[four & 0xffff] as number, true)
      at += quotedSizes[four & 0xffff] as number
      view.setInt32(at, quotedPairs[four >>> 16] as number, true)
      at += quotedSizes[four >>> 16] as number
    }
    for (; i < end; i++) {
      const byte = bytes[i] as number
      if (byte === quote) bytes[at++] = backslash
      bytes[at++] = byte
    }
    bytes[at++] = quote
    this.at = at
  }

  /** Two to four bytes of UTF-8 for the character at `index`; returns where they end. */
  #wide(text: string, index: number, at: number): number {
    const { bytes } = this
    const code = text.codePointAt(index) ?? 0
    let end = at
    if (code < 0x800) bytes[end++] = 0xc0 | (code >> 6)
    else {
      if (code < 0x1_0000) bytes[end++] = 0xe0 | (code >> 12)
      else {
        bytes[end++] = 0xf0 | (code >> 18)
        bytes[end++] = 0x80 | ((code >> 12) & 0x3f)
      }
      bytes[end++] = 0x80 | ((code >> 6) & 0x3f)
    }
    bytes[end++] = 0x80 | (code & 0x3f)
    return end
  }

  #reserve(count: number): void {
    const needed = this.at + count
    if (needed <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    larger.set(this.bytes.subarray(0, this.at))
    this.bytes = larger
    this.view = new DataView(larger.buffer)
    this.#hasGrown = true
  }

  #text(text: string): void {
    this.byte(quote)
    this.raw(text)
    this.byte(quote)
  }

  #array(items: readonly Json[]): void {
    this.byte(0x5b)
    for (let i = 0; i < items.length; i++) {
      if (i > 0) this.byte(comma)
      this.value(items[i] as Json)
    }
    this.byte(0x5d)
  }

  #object(members: JsonObject): void {
    const order = membersInOrder(Object.keys(members))
    const values = Object.values(members)
    this.byte(0x7b)
    for (let i = 0; i < order.length; i++) {
      const { label, place } = order[i] as (typeof order)[number]
      if (i > 0) this.byte(comma)
      this.raw(label)
      this.value(values[place] as Json)
    }
    this.byte(0x7d)
  }
}

/** Whether one of four bytes is a quote: the usual way to look for a zero byte in a word. */
function hasQuote(four: number): boolean {
  const zero = four ^ 0x2222_2222
  return ((zero - 0x0101_0101) & ~zero & 0x8080_8080) !== 0
}
