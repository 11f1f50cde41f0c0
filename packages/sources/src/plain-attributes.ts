// Attributes of the bodies nearly all are, whose texts need no escapes, written once as bytes: the text
// of each and the JSON of all. What it gives is what attributes.ts gives.

import type { Attributes } from './attributes.ts'
import { CanonicalWriter } from './canonical-writer.ts'
import type { JsonTape } from './json-tape.ts'
import { membersInOrder } from './member-order.ts'
import type { Platform } from './platform.ts'
import type { Json } from './strict-json.ts'

/** Of one thread; used up within one set, as all of this is. */
const writer = new CanonicalWriter()
/** Where each text ends. */
const ends: number[] = []

/** One set of attributes at a time: `start`, those there are, `end`. */
export class PlainAttributes {
  #names: string[] = []

  start(): void {
    writer.at = 0
    this.#names = []
  }

  /** `name` differs from those before and is not `__proto__`. */
  addNode(name: string, tape: JsonTape, node: number): void {
    writer.node(tape, node)
    this.#add(name)
  }

  /** The same of a value whose texts need no escapes. */
  addValue(name: string, value: Json): void {
    writer.value(value)
    this.#add(name)
  }

  /** The attributes; their bytes last until the next `start`. */
  end({ decodeUtf8 }: Pick<Platform, 'decodeUtf8'>): Attributes {
    const names = this.#names
    const start = writer.at
    writeAll(names)
    const texts = decodeUtf8(writer.bytes.subarray(0, start)) ?? ''
    const isAscii = texts.length === start
    const record: Record<string, string> = {}
    for (let i = 0; i < names.length; i++) {
      const from = startOf(i)
      const to = ends[i] as number
      record[names[i] as string] = isAscii
        ? texts.slice(from, to)
        : (decodeUtf8(writer.bytes.subarray(from, to)) ?? '')
    }
    const jsonBytes = writer.bytes.subarray(start, writer.at)
    return { record, json: decodeUtf8(jsonBytes) ?? '', jsonBytes }
  }

  #add(name: string): void {
    ends[this.#names.length] = writer.at
    this.#names.push(name)
  }
}

function writeAll(names: readonly string[]): void {
  const order = membersInOrder(names)
  let separator = '{'
  for (let i = 0; i < order.length; i++) {
    const { label, place } = order[i] as (typeof order)[number]
    writer.raw(separator)
    writer.raw(label)
    writer.quoted(startOf(place), ends[place] as number)
    separator = ','
  }
  writer.raw(order.length === 0 ? '{}' : '}')
}

function startOf(index: number): number {
  return index === 0 ? 0 : (ends[index - 1] as number)
}
