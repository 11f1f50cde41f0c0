// Reads a body without escapes in one pass over its bytes. What it accepts, JSON.parse accepts; all other
// bodies, whatever is wrong or unusual with them, it leaves to that.

import { findShape, noMark, shapeAt } from './json-shapes.ts'
import type { Shape } from './json-shapes.ts'
import { bodyBytesMax, JsonTape, kinds } from './json-tape.ts'
import type { Platform } from './platform.ts'

const levelsMax = 32
/** Objects whose shape is not the guessed one; with more of them JSON.parse is faster. */
const unguessedMax = 64
/** So many decimal digits always come back from a double as they went in. */
const exactDigitsMax = 15
/**
 * One more does below these, by digits before the point: there the last digit is worth more than the
 * distance of two doubles, so that no other decimal as short is the same double.
 */
const sixteenDigitsBelow = [0, 8, 64, 512, 8192, 65_536]

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const minus = 0x2d
const dot = 0x2e
const zero = 0x30
const nine = 0x39
const openList = 0x5b
const closeList = 0x5d
const openObject = 0x7b
const closeObject = 0x7d
const literals = ['true', 'false', 'null'].map(text =>
  Uint8Array.from(text, character => character.charCodeAt(0)),
)

/** The methods return where what they read ends; -1: it is not what it should be. */
export class JsonScanner {
  readonly tape = new JsonTape()
  #bytes: Uint8Array = this.tape.bytes
  #nodes = 0
  /** All bytes of texts, joined by OR. */
  #seen = 0
  #unguessed = 0
  /** Mark of the last body's shape. */
  #lastMark = noMark

  /** Null: not JSON, or not of this kind. What the tape says is true until the next body is read. */
  read(bytes: Uint8Array, { decodeUtf8 }: Pick<Platform, 'decodeUtf8'>): JsonTape | null {
    if (bytes.length > bodyBytesMax) return null
    const { tape } = this
    this.#bytes = bytes
    this.#nodes = 0
    this.#seen = 0
    this.#unguessed = 0
    tape.hold(bytes)
    tape.decodeUtf8 = decodeUtf8
    const end = this.#value(this.#skip(0), 0, shapeAt(this.#lastMark))
    if (end < 0 || this.#skip(end) !== bytes.length) return null
    this.#lastMark = markOf(tape.shapes[0])
    const text = decodeUtf8(bytes)
    if (text === null) return null
    tape.isAscii = this.#seen < 0x80
    tape.text = text
    return tape
  }

  /** `guess`: the shape of the object, or of the objects in the list. */
  #value(at: number, level: number, guess: Shape | null): number {
    const byte = this.#bytes[at] as number
    if (byte === quote) return this.#keep(kinds.asItCame, at, this.#string(at + 1))
    if (byte === openObject) return level < levelsMax ? this.#object(at, level + 1, guess) : -1
    if (byte === openList) return level < levelsMax ? this.#list(at, level + 1, guess) : -1
    if (byte === minus || (byte >= zero && byte <= nine)) return this.#number(at)
    return this.#literal(at)
  }

  #keep(kind: number, start: number, end: number): number {
    const { tape } = this
    const node = this.#nodes++
    tape.kinds[node] = kind
    tape.starts[node] = start
    tape.ends[node] = end
    tape.nexts[node] = node + 1
    tape.shapes[node] = null
    return end
  }

  #skip(at: number): number {
    const bytes = this.#bytes
    let next = at
    for (; next < bytes.length; next++) {
      const byte = bytes[next] as number
      if (byte > 0x20) return next
      // Space, tab and the ends of lines are all there is.
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return next
    }
    return next
  }

  #string(at: number): number {
    const bytes = this.#bytes
    let seen = 0
    for (let next = at; next < bytes.length; next++) {
      const byte = bytes[next] as number
      if (byte === quote) {
        this.#seen |= seen
        return next + 1
      }
      if (byte < 0x20 || byte === backslash) return -1
      seen |= byte
    }
    return -1
  }

  #literal(at: number): number {
    const bytes = this.#bytes
    for (const literal of literals) {
      if (bytes[at] !== literal[0]) continue
      for (let i = 1; i < literal.length; i++) if (bytes[at + i] !== literal[i]) return -1
      return this.#keep(kinds.asItCame, at, at + literal.length)
    }
    return -1
  }

  #number(start: number): number {
    const bytes = this.#bytes
    const first = bytes[start] === minus ? start + 1 : start
    const whole = this.#digits(first)
    // At least one digit, and none behind a zero.
    if (whole === first || (bytes[first] === zero && whole > first + 1)) return -1
    // -0 is 0.
    let isCanonical = first === start || bytes[first] !== zero
    let end = whole
    let digits = whole - first
    if (bytes[end] === dot) {
      end = this.#digits(whole + 1)
      if (end === whole + 1) return -1
      // 0.0… may need an exponent, …0 is shorter without it.
      const isSmall = bytes[first] === zero && bytes[whole + 1] === zero
      isCanonical = !isSmall && bytes[end - 1] !== zero
      digits = end - first - 1
    }
    if (digits > exactDigitsMax) isCanonical &&= this.#isExact(first, whole, digits)
    const exponent = bytes[end]
    if (exponent === 0x65 || exponent === 0x45) {
      const sign = bytes[end + 1]
      const power = sign === minus || sign === 0x2b ? end + 2 : end + 1
      end = this.#digits(power)
      if (end === power) return -1
      isCanonical = false
    }
    return this.#keep(isCanonical ? kinds.asItCame : kinds.number, start, end)
  }

  /** Whether so many digits come back as they are; those from `first` to `whole` stand before the point. */
  #isExact(first: number, whole: number, digits: number): boolean {
    if (digits !== exactDigitsMax + 1) return false
    const below = sixteenDigitsBelow[whole - first]
    if (below === undefined) return false
    let value = 0
    for (let at = first; at < whole; at++) value = value * 10 + (this.#bytes[at] as number) - zero
    return value > 0 && value < below
  }

  #digits(at: number): number {
    const bytes = this.#bytes
    let next = at
    while (next < bytes.length && isDigit(bytes[next] as number)) next++
    return next
  }

  #list(start: number, level: number, guess: Shape | null): number {
    const node = this.#nodes
    this.#keep(kinds.list, start, start)
    const { shapes } = this.tape
    let at = this.#skip(start + 1)
    if (this.#bytes[at] === closeList) return this.#end(node, at + 1)
    let shape = guess
    for (;;) {
      const child = this.#nodes
      at = this.#value(at, level, shape)
      if (at < 0) return -1
      shape = shapes[child] ?? shape
      at = this.#skip(at)
      const byte = this.#bytes[at]
      if (byte === closeList) break
      if (byte !== comma) return -1
      at = this.#skip(at + 1)
    }
    shapes[node] = shape
    return this.#end(node, at + 1)
  }

  #object(start: number, level: number, guess: Shape | null): number {
    const node = this.#nodes
    this.#keep(kinds.object, start, start)
    const { nameStarts, nameEnds, shapes } = this.tape
    const bytes = this.#bytes
    let at = this.#skip(start + 1)
    let guessed = guess
    let place = 0
    if (bytes[at] !== closeObject) {
      for (;;) {
        if (bytes[at] !== quote) return -1
        let nameEnd = guessed === null ? -1 : this.#guessedName(at, guessed, place)
        if (nameEnd < 0) {
          guessed = null
          nameEnd = this.#string(at + 1)
          if (nameEnd < 0) return -1
        }
        const child = this.#nodes
        nameStarts[child] = at
        nameEnds[child] = nameEnd
        at = this.#skip(nameEnd)
        if (bytes[at] !== colon) return -1
        at = this.#value(this.#skip(at + 1), level, innerOf(guessed, place))
        if (at < 0) return -1
        if (guessed !== null) guessed.inner[place] = markOf(shapes[child])
        place++
        at = this.#skip(at)
        const byte = bytes[at]
        if (byte === closeObject) break
        if (byte !== comma) return -1
        at = this.#skip(at + 1)
      }
    }
    const end = this.#end(node, at + 1)
    const isRight = guessed !== null && place === guessed.names.length
    const shape = isRight ? guessed : this.#shapeOf(node)
    if (shape === null) return -1
    if (!shape.isAscii) this.#seen |= 0x80
    shapes[node] = shape
    return end
  }

  /** Where the name ends if it is the guessed one; else -1. */
  #guessedName(at: number, { view: names, ends }: Shape, place: number): number {
    if (place >= ends.length) return -1
    const from = place === 0 ? 0 : (ends[place - 1] as number)
    const length = (ends[place] as number) - from
    if (at + length > this.#bytes.length) return -1
    const { view, base } = this.tape
    const start = base + at
    let i = 0
    for (; i + 4 <= length; i += 4) {
      if (view.getInt32(start + i, true) !== names.getInt32(from + i, true)) return -1
    }
    for (; i < length; i++) if (view.getInt8(start + i) !== names.getInt8(from + i)) return -1
    return at + length
  }

  #end(node: number, end: number): number {
    this.tape.ends[node] = end
    this.tape.nexts[node] = this.#nodes
    return end
  }

  #shapeOf(node: number): Shape | null {
    const { nexts, nameStarts, nameEnds, shapes, decodeUtf8 } = this.tape
    const names: Uint8Array[] = []
    for (let child = node + 1; child < this.#nodes; child = nexts[child] as number) {
      names.push(this.#bytes.subarray(nameStarts[child], nameEnds[child]))
    }
    if (names.length > 0 && ++this.#unguessed > unguessedMax) return null
    const shape = findShape(names, decodeUtf8)
    if (shape === null) return null
    let place = 0
    for (let child = node + 1; child < this.#nodes; child = nexts[child] as number) {
      shape.inner[place++] = markOf(shapes[child])
    }
    return shape
  }
}

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= nine
}

function markOf(shape: Shape | null | undefined): number {
  return shape?.mark ?? noMark
}

/** What is guessed at a place of a guessed shape. */
function innerOf(guessed: Shape | null, place: number): Shape | null {
  return guessed === null || place >= guessed.inner.length
    ? null
    : shapeAt(guessed.inner[place] as number)
}
