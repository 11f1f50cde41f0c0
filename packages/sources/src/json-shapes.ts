// Which names an object has, in their order. Bodies of one source have the same few shapes, so names are
// recognized by their bytes instead of being made each time. What is kept is bounded, because senders
// choose the names; bytes are compared before anything is believed.

import { membersInOrder } from './member-order.ts'
import type { Platform } from './platform.ts'

export interface Shape {
  /** As they came; each once. */
  readonly names: readonly string[]
  readonly places: ReadonlyMap<string, number>
  /** Places of the names in canonical order; null: they came in it. */
  readonly order: readonly number[] | null
  /** As properties of a JavaScript object they keep their order, and `__proto__` is none of them. */
  readonly isOrdinary: boolean
  /** The names with their quotes, one behind the other, and where each ends. */
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly ends: readonly number[]
  /** Whoever recognizes it need not look at its letters. */
  readonly isAscii: boolean
  /** Where it is kept until another one takes its place; a shape without names has `noMark`. */
  readonly mark: number
  /**
   * Mark of what stood at each place the last time, if it was an object or a list of them: a guess. Not
   * the shape itself, because then what is kept would keep others, without end.
   */
  readonly inner: number[]
}

/** Nothing is ever kept there. A place of the list, because to look beside it costs a call into the engine. */
export const noMark = 0

const noNames: Shape = {
  names: [],
  places: new Map(),
  order: null,
  isOrdinary: true,
  bytes: new Uint8Array(0),
  view: new DataView(new ArrayBuffer(0)),
  ends: [],
  isAscii: true,
  mark: noMark,
  inner: [],
}

/** Objects with more names, or more bytes of them, have none. */
export const namesMax = 64
const bytesMax = 2048
/** Shapes kept at most; a power of two. */
const knownMax = 512
const known = Array.from<Shape | null>({ length: knownMax + 1 }).fill(null)

/** What is kept there now; null for nothing. */
export function shapeAt(mark: number): Shape | null {
  return known[mark] as Shape | null
}

/** `pieces`: the names with their quotes. Null: a name comes twice, or they are too many. */
export function findShape(
  pieces: readonly Uint8Array[],
  decodeUtf8: Platform['decodeUtf8'],
): Shape | null {
  if (pieces.length === 0) return noNames
  if (pieces.length > namesMax) return null
  const mark = markOf(pieces)
  const found = shapeAt(mark)
  if (found !== null && isSame(found, pieces)) return found
  const made = shapeOf(pieces, mark, decodeUtf8)
  if (made !== null) known[mark] = made
  return made
}

/** By the number of names, their lengths and their first and last letters; never `noMark`. */
function markOf(pieces: readonly Uint8Array[]): number {
  let mark = pieces.length
  for (const piece of pieces) {
    const letters = (piece[1] ?? 0) + ((piece.at(-2) ?? 0) << 3)
    mark = (mark * 31 + piece.length + (letters << 2)) | 0
  }
  return ((mark ^ (mark >>> 9)) & (knownMax - 1)) + 1
}

function isSame({ bytes, names }: Shape, pieces: readonly Uint8Array[]): boolean {
  if (names.length !== pieces.length) return false
  let at = 0
  for (const piece of pieces) {
    for (const byte of piece) if (byte !== bytes[at++]) return false
  }
  // A name ends with a quote and has no other in it, so that equal bytes are equal names.
  return at === bytes.length
}

function shapeOf(
  pieces: readonly Uint8Array[],
  mark: number,
  decodeUtf8: Platform['decodeUtf8'],
): Shape | null {
  let end = 0
  const ends = pieces.map(piece => (end += piece.length))
  if (end > bytesMax) return null
  const bytes = new Uint8Array(end)
  for (const [i, piece] of pieces.entries()) bytes.set(piece, (ends[i] ?? 0) - piece.length)
  const texts = pieces.map(piece => decodeUtf8(piece)?.slice(1, -1) ?? '')
  const asProperties = Object.keys(Object.fromEntries(texts.map(text => [text, 0])))
  if (asProperties.length !== texts.length) return null
  const isOrdinary = texts.every((text, i) => text === asProperties[i] && text !== '__proto__')
  // Engines keep names of properties in a form that is compared fast.
  const names = isOrdinary ? asProperties : texts
  const order = membersInOrder(names).map(({ place }) => place)
  return {
    names,
    places: new Map(names.map((name, place) => [name, place])),
    order: order.every((place, i) => place === i) ? null : order,
    isOrdinary,
    bytes,
    view: new DataView(bytes.buffer),
    ends,
    isAscii: bytes.every(byte => byte < 0x80),
    mark,
    inner: names.map(() => noMark),
  }
}
