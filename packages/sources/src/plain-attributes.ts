// Attributes of the bodies nearly all are, whose texts need no escapes, written once as bytes: the text
// of each and the JSON of all. What it gives is what attributes.ts gives.

import type { Attributes } from './attributes.ts'
import { CanonicalWriter } from './canonical-writer.ts'
import { membersInOrder } from './member-order.ts'
import type { Platform } from './platform.ts'
import type { Json } from './strict-json.ts'

const writer = new CanonicalWriter()
/** Where each text ends; used up within one call, as the writer is. */
const ends: number[] = []

/** `names` differ from each other and none is `__proto__`; `values` are of `readPlainBody`. */
export function plainAttributes(
  names: readonly string[],
  values: readonly Json[],
  { decodeUtf8 }: Pick<Platform, 'decodeUtf8'>,
): Attributes {
  writer.at = 0
  for (let i = 0; i < names.length; i++) {
    writer.value(values[i] as Json)
    ends[i] = writer.at
  }
  const start = writer.at
  writeAll(names)
  const texts = textOf(0, start, decodeUtf8)
  const isAscii = texts.length === start
  const record: Record<string, string> = {}
  for (let i = 0; i < names.length; i++) {
    const from = startOf(i)
    const to = ends[i] as number
    record[names[i] as string] = isAscii ? texts.slice(from, to) : textOf(from, to, decodeUtf8)
  }
  const jsonBytes = writer.bytes.subarray(start, writer.at)
  return { record, json: decodeUtf8(jsonBytes) ?? '', jsonBytes }
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

function textOf(start: number, end: number, decodeUtf8: Platform['decodeUtf8']): string {
  return decodeUtf8(writer.bytes.subarray(start, end)) ?? ''
}
