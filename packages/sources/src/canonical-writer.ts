// Canonical JSON text as bytes, for the bodies nearly all are: ASCII without escapes. Texts put together
// from a hundred pieces cost three times as much, most of it for the collector.

import { membersInOrder } from './member-order.ts'
import type { Json, JsonObject } from './strict-json.ts'

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const zero = 0x30
const minus = 0x2d
/** What a whole number of 32 bits takes at most. */
const wholeCharactersMax = 11
/** A text longer than this is copied faster by the engine. */
const textCharactersMax = 256
const firstCapacityBytes = 16 * 1024

export class CanonicalWriter {
  bytes = new Uint8Array(firstCapacityBytes)
  /** Where the next byte goes. */
  at = 0

  /**
   * Writes what `canonicalJson` gives for a value of a body without escapes. False: it has a text that
   * is not ASCII, or long, and what was written is worth nothing.
   */
  value(value: Json): boolean {
    if (typeof value === 'string') return this.#text(value)
    if (typeof value === 'number') return this.#number(value)
    if (typeof value !== 'object' || value === null) return this.ascii(String(value))
    return Array.isArray(value)
      ? this.#array(value as readonly Json[])
      : this.#object(value as JsonObject)
  }

  /** Writes it as it is. False: it is not ASCII, and what was written is worth nothing. */
  ascii(text: string): boolean {
    const { length } = text
    this.reserve(length)
    const { bytes } = this
    let { at } = this
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) return false
      bytes[at++] = code
    }
    this.at = at
    return true
  }

  /** What stands from `start` to `end` once more, as the JSON form of that text. */
  quoted(start: number, end: number): void {
    this.reserve(2 * (end - start) + 2)
    const { bytes } = this
    let { at } = this
    bytes[at++] = quote
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number
      // The text has no backslash, nor what else would need one.
      if (byte === quote) bytes[at++] = backslash
      bytes[at++] = byte
    }
    bytes[at++] = quote
    this.at = at
  }

  reserve(count: number): void {
    const needed = this.at + count
    if (needed <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    larger.set(this.bytes.subarray(0, this.at))
    this.bytes = larger
  }

  #text(text: string): boolean {
    if (text.length > textCharactersMax) return false
    this.#byte(quote)
    const isAscii = this.ascii(text)
    this.#byte(quote)
    return isAscii
  }

  #number(value: number): boolean {
    if ((value | 0) !== value) return this.ascii(Number.isFinite(value) ? String(value) : 'null')
    this.reserve(wholeCharactersMax)
    const { bytes } = this
    let rest = value
    if (rest < 0) {
      bytes[this.at++] = minus
      // Of -2^31 too: what follows divides as whole numbers of 32 bits.
      rest = -rest
    }
    let digits = 1
    for (let limit = 10; limit <= rest; limit *= 10) digits++
    for (let at = this.at + digits - 1; at >= this.at; at--) {
      const tenth = (rest / 10) | 0
      bytes[at] = zero + (rest - tenth * 10)
      rest = tenth
    }
    this.at += digits
    return true
  }

  #array(items: readonly Json[]): boolean {
    this.#byte(0x5b)
    for (let i = 0; i < items.length; i++) {
      if (i > 0) this.#byte(comma)
      if (!this.value(items[i] as Json)) return false
    }
    this.#byte(0x5d)
    return true
  }

  #object(members: JsonObject): boolean {
    const order = membersInOrder(Object.keys(members))
    const values = Object.values(members)
    this.#byte(0x7b)
    for (let i = 0; i < order.length; i++) {
      const { label, place } = order[i] as (typeof order)[number]
      if (i > 0) this.#byte(comma)
      if (!this.ascii(label) || !this.value(values[place] as Json)) return false
    }
    this.#byte(0x7d)
    return true
  }

  #byte(byte: number): void {
    this.reserve(1)
    this.bytes[this.at++] = byte
  }
}
