// Arrays, maps, unions and records that survive values somebody else wrote. avsc trusts its input: two
// bytes can declare two billion items, and a negative block size makes it skip backwards for ever.

import avro from 'avsc'
import { EncodedMap } from '@fleet/contracts'

import { GuardedString, readLong, writeString } from './guarded-primitives.ts'
import { RepeatedStrings } from './repeated-strings.ts'
import { invalid, readString, refuse } from './tap.ts'
import type { Tap, TypeNode } from './tap.ts'

/**
 * Most array items and map entries in one value, all levels together. Largest honest value: a dead
 * letter of 3 MiB, whose entries take far more than twelve bytes each. Beyond: undecodable.
 */
export const itemsPerValueMax = 262_144
let itemsLeft = itemsPerValueMax

/** Called before each value; decoding is synchronous, so one counter is enough. */
export function resetItemBudget(): void {
  itemsLeft = itemsPerValueMax
}

/**
 * block := count item* | -count byteSize item*; a zero count ends the collection.
 * Refuses a count that the rest of the buffer could not hold at one byte an item, and what is over
 * the budget of the value, before anything is allocated.
 */
function readCount(tap: Tap, skipping: boolean): number {
  let count = readLong(tap)
  if (count === 0) return 0
  if (count < 0) {
    count = -count
    const bytes = readLong(tap)
    if (bytes < 0 || bytes > tap.buf.length - tap.pos) refuse('a block size is out of range')
    if (skipping) {
      tap.pos += bytes
      return -1
    }
  }
  if (count > tap.buf.length - tap.pos) refuse('more items are declared than bytes are left')
  itemsLeft -= count
  if (itemsLeft < 0) refuse(`more than ${itemsPerValueMax} items`)
  return count
}

export class GuardedArray extends avro.types.ArrayType {
  _read(tap: Tap): unknown[] {
    const items = this.itemsType as unknown as TypeNode
    const out: unknown[] = []
    for (let count = readCount(tap, false); count !== 0; count = readCount(tap, false)) {
      for (let i = 0; i < count; i++) out.push(items._read(tap))
    }
    return out
  }
  _skip(tap: Tap): void {
    const items = this.itemsType as unknown as TypeNode
    for (let count = readCount(tap, true); count !== 0; count = readCount(tap, true)) {
      for (let i = 0; i < count; i++) items._skip(tap)
    }
  }
}

const { _check: checkMap } = avro.types.MapType.prototype as unknown as {
  _check(value: unknown, ...rest: unknown[]): boolean
}

export class GuardedMap extends avro.types.MapType {
  /** avsc also calls `_read` with a resolver as `this`, which has none. */
  readonly #keys = new RepeatedStrings()
  _check(value: unknown, ...rest: unknown[]): boolean {
    return this.#isEncoded(value) || checkMap.call(this, value, ...rest)
  }
  _read(tap: Tap): Record<string, unknown> {
    const values = this.valuesType as unknown as TypeNode
    const keys = #keys in this ? this.#keys : null
    const out: Record<string, unknown> = {}
    for (let count = readCount(tap, false); count !== 0; count = readCount(tap, false)) {
      for (let i = 0; i < count; i++) {
        const key = keys === null ? readString(tap) : keys.read(tap)
        const value = values._read(tap)
        if (key === '__proto__') defineOwn(out, key, value)
        else out[key] = value
      }
    }
    return out
  }
  _skip(tap: Tap): void {
    const values = this.valuesType as unknown as TypeNode
    for (let count = readCount(tap, true); count !== 0; count = readCount(tap, true)) {
      for (let i = 0; i < count; i++) {
        tap.skipString()
        values._skip(tap)
      }
    }
  }
  _write(tap: Tap, value: unknown): void {
    if (this.#isEncoded(value)) return writeEncoded(tap, value)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return invalid(value, 'map')
    }
    const values = this.valuesType as unknown as TypeNode
    const items = value as Record<string, unknown>
    const keys = Object.keys(items)
    if (keys.length > 0) {
      tap.writeLong(keys.length)
      for (const key of keys) {
        writeString(tap, key)
        values._write(tap, items[key])
      }
    }
    tap.writeLong(0)
  }
  #isEncoded(value: unknown): value is EncodedMap {
    return value instanceof EncodedMap && this.valuesType instanceof GuardedString
  }
}

/** Where the buffer ends before it, the cursor says how much is missing, as avsc has it. */
function writeEncoded(tap: Tap, { bytes, start, end }: EncodedMap): void {
  const at = tap.pos
  tap.pos += end - start
  if (tap.pos <= tap.buf.length) tap.buf.set(bytes.subarray(start, end), at)
}

/** An own property even for `__proto__`, which an assignment would take as the prototype. */
function defineOwn(out: object, key: string, value: unknown): void {
  Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true })
}

/** `null | X`: the branch follows from the value being null, whatever X is. */
export class Nullable extends avro.types.UnwrappedUnionType {
  readonly #value = this.types[1] as unknown as TypeNode
  _getIndex(value: unknown): number {
    return value === null ? 0 : 1
  }
  _read(tap: Tap): unknown {
    const index = tap.readLong()
    if (index === 0) return null
    return index === 1 ? this.#value._read(tap) : refuse(`no branch ${index} of a union`)
  }
  _write(tap: Tap, value: unknown): void {
    if (value === null) return tap.writeLong(0)
    tap.writeLong(1)
    this.#value._write(tap, value)
  }
}

/** Decoded records are plain objects: comparable, spreadable, without methods. */
export class PlainRecord extends avro.types.RecordType {
  constructor(schema: avro.Schema, options: unknown) {
    super(schema, options)
    const made = this.recordConstructor as { prototype: object }
    made.prototype = Object.prototype
  }
}
