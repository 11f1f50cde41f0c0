// Canonical JSON text as bytes, of bodies whose texts need no escapes. Texts put together from a hundred
// pieces cost three times as much, most of it for the collector.

import { membersInOrder } from './member-order.ts'
import { Unread } from './plain-body.ts'
import type { Platform } from './platform.ts'
import type { Json, JsonObject } from './strict-json.ts'

const quote = 0x22
const fourQuotes = 0x2222_2222
const highestBits = 0x8080_8080 | 0
const backslash = 0x5c
const comma = 0x2c
/** Most bytes that one UTF-16 unit takes in UTF-8. */
const unitBytesMax = 3
const firstCapacityBytes = 16 * 1024

export class CanonicalWriter {
  bytes = new Uint8Array(firstCapacityBytes)
  /** The same memory. */
  view = new DataView(this.bytes.buffer)
  /** Where the next byte goes. */
  at = 0

  /** Writes what `canonicalJson` gives for a value of a body without escapes. */
  value(value: Json): void {
    if (typeof value === 'string') this.#text(value)
    else if (typeof value === 'number') this.raw(Number.isFinite(value) ? String(value) : 'null')
    else if (typeof value !== 'object' || value === null) this.raw(String(value))
    else if (value instanceof Unread) this.#unread(value)
    else if (Array.isArray(value)) this.#array(value as readonly Json[])
    else this.#object(value as JsonObject)
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
    this.#reserve(2 * (end - start) + 2)
    const { bytes, view } = this
    let { at } = this
    bytes[at++] = quote
    let i = start
    for (; i + 4 <= end; i += 4) {
      const word = view.getInt32(i, true)
      // A byte that is a quote is zero here, and only then borrows from its highest bit.
      const differing = word ^ fourQuotes
      if (((differing - 0x0101_0101) & ~differing & highestBits) === 0) {
        view.setInt32(at, word, true)
        at += 4
      } else {
        at = this.#escaped(word & 0xff, at)
        at = this.#escaped((word >>> 8) & 0xff, at)
        at = this.#escaped((word >>> 16) & 0xff, at)
        at = this.#escaped(word >>> 24, at)
      }
    }
    for (; i < end; i++) at = this.#escaped(bytes[i] as number, at)
    bytes[at++] = quote
    this.at = at
  }

  /** The text has no backslash, nor what else would need one. */
  #escaped(byte: number, at: number): number {
    const { bytes } = this
    bytes[at] = backslash
    const to = byte === quote ? at + 1 : at
    bytes[to] = byte
    return to + 1
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
  }

  #text(text: string): void {
    this.#byte(quote)
    this.raw(text)
    this.#byte(quote)
  }

  #unread(value: Unread): void {
    this.#reserve(value.room)
    this.at = value.write(this, this.at)
  }

  #array(items: readonly Json[]): void {
    this.#byte(0x5b)
    for (let i = 0; i < items.length; i++) {
      if (i > 0) this.#byte(comma)
      this.value(items[i] as Json)
    }
    this.#byte(0x5d)
  }

  #object(members: JsonObject): void {
    const order = membersInOrder(Object.keys(members))
    const values = Object.values(members)
    this.#byte(0x7b)
    for (let i = 0; i < order.length; i++) {
      const { label, place } = order[i] as (typeof order)[number]
      if (i > 0) this.#byte(comma)
      this.raw(label)
      this.value(values[place] as Json)
    }
    this.#byte(0x7d)
  }

  #byte(byte: number): void {
    this.#reserve(1)
    this.bytes[this.at++] = byte
  }
}
