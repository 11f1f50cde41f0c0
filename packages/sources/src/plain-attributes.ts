// Attributes of the bodies nearly all are, whose texts need no escapes, written once as bytes: as the map
// an Avro message holds and as JSON. What it gives is what attributes.ts gives.

import { EncodedMap } from '@fleet/contracts'

import type { Attributes } from './attributes.ts'
import { CanonicalWriter } from './canonical-writer.ts'
import { readTextMap } from './encoded-texts.ts'
import type { JsonTape } from './json-tape.ts'
import { membersInOrder } from './member-order.ts'
import type { Platform } from './platform.ts'
import type { Json } from './strict-json.ts'

/** Of one thread; one set of attributes is written behind the other, until its memory is used up. */
const writer = new CanonicalWriter()
/** Beside the values: names, lengths and what quoting adds. */
const roomBeside = 4 * 1024
/** Where the text of each value is. */
const starts: number[] = []
const ends: number[] = []

/** One set of attributes at a time: `start`, those there are, `end`. */
export class PlainAttributes {
  #names: string[] = []
  #start = 0

  /** `room`: what the values take, about. */
  start(room: number): void {
    writer.renew(room + roomBeside)
    this.#names = []
    this.#start = writer.at
    // The number of all, known at the end.
    writer.openLength(countBytes)
  }

  /** `name` differs from those before and is not `__proto__`. */
  addNode(name: string, tape: JsonTape, node: number): void {
    const lengthBytes = tape.length(node) < shortBytesMax ? 1 : 2
    const start = this.#open(name, lengthBytes)
    writer.node(tape, node)
    this.#close(start, lengthBytes)
  }

  /** The same of a value whose texts need no escapes. */
  addValue(name: string, value: Json): void {
    const start = this.#open(name, 2)
    writer.value(value)
    this.#close(start, 2)
  }

  end(platform: Pick<Platform, 'decodeUtf8'>): Attributes {
    const names = this.#names
    const moved = writer.closeLength(this.#start, countBytes, names.length)
    if (names.length > 0) writer.byte(0)
    const mapEnd = writer.at
    writeJson(names, moved)
    const place = { bytes: writer.bytes, start: this.#start, end: mapEnd }
    return new WrittenAttributes(place, writer.at, names, platform)
  }

  /** `lengthBytes`: what the length of the value will probably take. */
  #open(name: string, lengthBytes: number): number {
    const key = writer.at
    writer.openLength(nameLengthBytes)
    writer.raw(name)
    writer.closeLength(key, nameLengthBytes, writer.at - key - nameLengthBytes)
    const start = writer.at
    this.#names.push(name)
    writer.openLength(lengthBytes)
    return start
  }

  #close(start: number, lengthBytes: number): void {
    const from = start + lengthBytes
    const moved = writer.closeLength(start, lengthBytes, writer.at - from)
    const place = this.#names.length - 1
    starts[place] = from + moved
    ends[place] = writer.at
  }
}

/** What the number of attributes and the length of a name usually take. */
const countBytes = 1
const nameLengthBytes = 1
/** Shorter texts have a length of one byte. */
const shortBytesMax = 64

/** Texts are made of the bytes where somebody asks for them. */
class WrittenAttributes extends EncodedMap implements Attributes {
  /** The JSON stands behind the map. */
  readonly #jsonEnd: number
  readonly #names: readonly string[]
  readonly #platform: Pick<Platform, 'decodeUtf8'>
  #json: string | null = null

  constructor(
    place: { readonly bytes: Uint8Array; readonly start: number; readonly end: number },
    jsonEnd: number,
    names: readonly string[],
    platform: Pick<Platform, 'decodeUtf8'>,
  ) {
    super(place.bytes, place.start, place.end)
    this.#jsonEnd = jsonEnd
    this.#names = names
    this.#platform = platform
  }

  get encoded(): EncodedMap {
    return this
  }

  get jsonBytes(): Uint8Array {
    return this.bytes.subarray(this.end, this.#jsonEnd)
  }

  get json(): string {
    return (this.#json ??= this.#platform.decodeUtf8(this.jsonBytes) ?? '')
  }

  get record(): Record<string, string> {
    return readTextMap(this, this.#names, this.#platform)
  }
}

function writeJson(names: readonly string[], moved: number): void {
  const order = membersInOrder(names)
  let separator = '{'
  for (let i = 0; i < order.length; i++) {
    const { label, place } = order[i] as (typeof order)[number]
    writer.raw(separator)
    writer.raw(label)
    writer.quoted((starts[place] as number) + moved, (ends[place] as number) + moved)
    separator = ','
  }
  writer.raw(order.length === 0 ? '{}' : '}')
}
