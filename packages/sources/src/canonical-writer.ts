// Canonical JSON text as bytes, of bodies whose texts need no escapes. Texts put together from a hundred
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
    this.#reserve(2 * (end - start) + 2)
    const { bytes } = this
    let { at } = this
    bytes[at++] = quote
    let i = start
    // Without a branch, which processors would guess wrong at every other quote, and two at a time.
    for (; i + 2 <= end; i += 2) {
      const first = bytes[i] as number
      const second = bytes[i + 1] as number
      bytes[at] = backslash
      at += isQuote(first)
      bytes[at] = first
      bytes[at + 1] = backslash
      at += isQuote(second) + 1
      bytes[at++] = second
    }
    if (i < end) {
      const last = bytes[i] as number
      bytes[at] = backslash
      at += isQuote(last)
      bytes[at++] = last
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
  }

  #text(text: string): void {
    this.#byte(quote)
    this.raw(text)
    this.#byte(quote)
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

/** 1 or 0. */
function isQuote(byte: number): number {
  return ((byte ^ quote) - 1) >>> 31
}
