// A body without escapes, told by places: where each value begins and ends, and which names an object
// has. Nothing is made of what nobody looks at; canonical text is put together from the bytes that came.

import type { Shape } from './json-shapes.ts'
import type { Step } from './paths.ts'
import type { Platform } from './platform.ts'
import type { Json } from './strict-json.ts'

/** What a value is; a literal, a text or a number in its canonical form stands as it came. */
export const kinds = { asItCame: 0, number: 1, list: 2, object: 3 } as const

/** Larger bodies are left to JSON.parse: the arrays below are made for this many bytes, once. */
export const bodyBytesMax = 64 * 1024
/** A value takes two bytes at least, with what separates it from the next. */
const nodesMax = bodyBytesMax / 2 + 1
/** A number grows at most so much when it is written out: `1e20`, to 21 digits. */
const growthMax = 6
/** Longer ones are copied faster by the engine. */
const loopBytesMax = 64
/** Copies by words touch so many bytes behind what they copy. */
const slackBytes = 3

/** Where canonical text is written: the same memory as bytes and for words. */
export interface Target {
  readonly bytes: Uint8Array
  readonly view: DataView
}

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const letterF = 0x66
const letterN = 0x6e
const letterT = 0x74

/** Holds one body at a time. Nodes stand in the order of the body: children behind their parent. */
export class JsonTape {
  readonly kinds = new Uint8Array(nodesMax)
  /** Of the value in the body; node 0 is the body's. */
  readonly starts = new Int32Array(nodesMax)
  readonly ends = new Int32Array(nodesMax)
  /** The node behind it and all within it. */
  readonly nexts = new Int32Array(nodesMax)
  /** Of members of objects: the name with its quotes. */
  readonly nameStarts = new Int32Array(nodesMax)
  readonly nameEnds = new Int32Array(nodesMax)
  /** Of objects. */
  readonly shapes: (Shape | null)[] = []
  bytes: Uint8Array = new Uint8Array(0)
  /** The memory the body lies in, nearly always that of the body before, and where it begins there. */
  view: DataView = new DataView(new ArrayBuffer(0))
  base = 0
  #viewBytes = 0
  /** Whether a byte of a text and a character of it are the same. */
  isAscii = true
  text = ''
  decodeUtf8: Platform['decodeUtf8'] = () => null
  /** Members of the objects that are being written, by their places. */
  readonly #members = new Int32Array(nodesMax)
  #membersEnd = 0

  /** What stands in the body from one byte to another; neither is within a text. */
  slice(start: number, end: number): string {
    if (this.isAscii) return this.text.slice(start, end)
    return this.decodeUtf8(this.bytes.subarray(start, end)) ?? ''
  }

  /** The value of a node that is a text, a number or a literal. */
  scalar(node: number): string | number | boolean | null {
    const start = this.starts[node] as number
    const end = this.ends[node] as number
    switch (this.bytes[start] as number) {
      case quote:
        if (this.isAscii) return this.text.slice(start + 1, end - 1)
        // With its quotes: a decoder skips a byte order mark at the beginning.
        return this.slice(start, end).slice(1, -1)
      case letterT:
        return true
      case letterF:
        return false
      case letterN:
        return null
      default:
        return Number(this.slice(start, end))
    }
  }

  /** Whether it is the literal; of a node that is valid. */
  isNull(node: number): boolean {
    return this.bytes[this.starts[node] as number] === letterN
  }

  /** The value of any node, made anew. */
  parsed(node: number): Json {
    return JSON.parse(this.slice(this.starts[node] as number, this.ends[node] as number)) as Json
  }

  /** The nodes of a list's elements or of an object's members, in their order, into `into`. */
  children(node: number, into: Int32Array): void {
    const behind = this.nexts[node] as number
    let place = 0
    for (let child = node + 1; child < behind; child = this.nexts[child] as number) {
      into[place++] = child
    }
  }

  /** -1: it has no such child. */
  child(node: number, { name, isPosition }: Step): number {
    const kind = this.kinds[node] as number
    if (kind !== (isPosition ? kinds.list : kinds.object)) return -1
    const place = isPosition ? positionOf(name) : this.shapes[node]?.places.get(name)
    if (place === undefined) return -1
    const behind = this.nexts[node] as number
    let child = node + 1
    for (let i = 0; i < place && child < behind; i++) child = this.nexts[child] as number
    return child < behind ? child : -1
  }

  /** The next body to be told. */
  hold(bytes: Uint8Array): void {
    this.bytes = bytes
    this.base = bytes.byteOffset
    if (this.view.buffer === bytes.buffer) return
    this.view = new DataView(bytes.buffer)
    this.#viewBytes = bytes.buffer.byteLength
  }

  /** Of its text in the body, in bytes. */
  length(node: number): number {
    return (this.ends[node] as number) - (this.starts[node] as number)
  }

  /** As many bytes as writing the canonical text of a node takes at most. */
  room(node: number): number {
    return this.length(node) * growthMax + slackBytes
  }

  /** Writes the canonical text of a node; returns where it ends. */
  write(node: number, into: Target, at: number): number {
    switch (this.kinds[node] as number) {
      case kinds.asItCame:
        return this.#copy(this.starts[node] as number, this.ends[node] as number, into, at)
      case kinds.number:
        return this.#writeNumber(node, into, at)
      case kinds.list:
        return this.#writeList(node, into, at)
      default:
        return this.#writeObject(node, into, at)
    }
  }

  #writeNumber(node: number, into: Target, at: number): number {
    const value = Number(this.slice(this.starts[node] as number, this.ends[node] as number))
    const text = Number.isFinite(value) ? String(value) : 'null'
    for (let i = 0; i < text.length; i++) into.bytes[at + i] = text.charCodeAt(i)
    return at + text.length
  }

  #writeList(node: number, into: Target, at: number): number {
    const behind = this.nexts[node] as number
    let to = at
    into.bytes[to++] = 0x5b
    for (let child = node + 1; child < behind; child = this.nexts[child] as number) {
      if (child > node + 1) into.bytes[to++] = comma
      to = this.write(child, into, to)
    }
    into.bytes[to++] = 0x5d
    return to
  }

  #writeObject(node: number, into: Target, at: number): number {
    const behind = this.nexts[node] as number
    const order = this.shapes[node]?.order ?? null
    let to = at
    into.bytes[to++] = 0x7b
    if (order === null) {
      for (let child = node + 1; child < behind; child = this.nexts[child] as number) {
        if (child > node + 1) into.bytes[to++] = comma
        to = this.#writeMember(child, into, to)
      }
    } else {
      const base = this.#membersEnd
      for (let child = node + 1; child < behind; child = this.nexts[child] as number) {
        this.#members[this.#membersEnd++] = child
      }
      for (let i = 0; i < order.length; i++) {
        if (i > 0) into.bytes[to++] = comma
        to = this.#writeMember(this.#members[base + (order[i] as number)] as number, into, to)
      }
      this.#membersEnd = base
    }
    into.bytes[to++] = 0x7d
    return to
  }

  #writeMember(node: number, into: Target, at: number): number {
    const nameStart = this.nameStarts[node] as number
    const nameEnd = this.nameEnds[node] as number
    const start = this.starts[node] as number
    // Name, colon and value stand as one, unless there is space between them.
    if (this.kinds[node] === kinds.asItCame && start === nameEnd + 1) {
      return this.#copy(nameStart, this.ends[node] as number, into, at)
    }
    const to = this.#copy(nameStart, nameEnd, into, at)
    into.bytes[to] = colon
    return this.write(node, into, to + 1)
  }

  #copy(start: number, end: number, { bytes, view }: Target, at: number): number {
    const length = end - start
    const from = this.view
    const base = this.base + start
    if (length > loopBytesMax || base + length + slackBytes > this.#viewBytes) {
      bytes.set(this.bytes.subarray(start, end), at)
      return at + length
    }
    // Four bytes at once take half the time. What is too many is written over by what comes next.
    for (let i = 0; i < length; i += 4) {
      view.setInt32(at + i, from.getInt32(base + i, true), true)
    }
    return at + length
  }
}

/** As the names of an array's elements: `01` is none. */
function positionOf(name: string): number | undefined {
  const position = Number(name)
  return String(position) === name ? position : undefined
}
