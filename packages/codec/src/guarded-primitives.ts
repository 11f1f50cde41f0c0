// Numbers, texts and bytes that survive values somebody else wrote: avsc reads the long -(2^53 - 1) as
// +(2^53 - 2), refuses 2^53 - 1, lets an int be of any size and takes only Buffers for bytes.

import avro from 'avsc'
import { RepeatedStrings } from './repeated-strings.ts'
import { invalid, readString, refuse } from './tap.ts'
import type { Tap } from './tap.ts'

const unit27 = 2 ** 27

/**
 * long := zig-zag varint, seven bits a byte, least significant first, at most ten bytes. Kept in two
 * exact halves (28 bits and the rest), because a double cannot hold a zig-zagged 54-bit number.
 */
export function readLong(tap: Tap): number {
  const { buf } = tap
  let at = tap.pos
  let low = 0
  let high = 0
  let shift = 0
  let byte: number
  do {
    byte = buf[at++] ?? refuse('truncated')
    low |= (byte & 0x7f) << shift
    shift += 7
  } while (byte >= 0x80 && shift < 28)
  let unit = 1
  for (let more = 0; byte >= 0x80; more++) {
    if (more === 6) refuse('a number is longer than ten bytes')
    byte = buf[at++] ?? refuse('truncated')
    high += (byte & 0x7f) * unit
    unit *= 128
  }
  tap.pos = at
  const magnitude = high * unit27 + (low >>> 1)
  if ((low & 1) === 0) {
    return magnitude <= Number.MAX_SAFE_INTEGER ? magnitude : refuse('a long is beyond 2^53')
  }
  return magnitude < Number.MAX_SAFE_INTEGER ? -magnitude - 1 : refuse('a long is beyond 2^53')
}

function writeLong(tap: Tap, value: number): void {
  if (value >= -0x40000000 && value < 0x40000000) return tap.writeLong(value)
  const magnitude = value < 0 ? -(value + 1) : value
  let rest = (magnitude % unit27) * 2 + (value < 0 ? 1 : 0)
  let high = Math.floor(magnitude / unit27)
  const { buf } = tap
  for (let i = 0; i < 4; i++) {
    buf[tap.pos++] = (rest & 0x7f) | (i < 3 || high > 0 ? 0x80 : 0)
    rest >>>= 7
  }
  while (high > 0) {
    const byte = high % 128
    high = Math.floor(high / 128)
    buf[tap.pos++] = byte | (high > 0 ? 0x80 : 0)
  }
}

export class GuardedLong extends avro.types.LongType {
  _check(value: unknown, _flags: unknown, hook?: (value: unknown, type: unknown) => void): boolean {
    const fits = Number.isSafeInteger(value)
    if (!fits) hook?.(value, this)
    return fits
  }
  _read(tap: Tap): number {
    return readLong(tap)
  }
  _write(tap: Tap, value: unknown): void {
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) invalid(value, 'long')
    writeLong(tap, value)
  }
}

export class GuardedInt extends avro.types.IntType {
  _read(tap: Tap): number {
    const value = readLong(tap)
    return value === (value | 0) ? value : refuse('an int is beyond 32 bits')
  }
}

/**
 * Lone surrogates become U+FFFD, so that every string on the wire is UTF-8 any reader accepts; avsc
 * writes short ones as invalid bytes.
 */
export function writeString(tap: Tap, value: unknown): void {
  if (typeof value !== 'string') return invalid(value, 'string')
  if (value.length <= shortCharactersMax && writeShortAscii(tap, value)) return
  if (writeLongAscii(tap, value)) return
  const length = Buffer.byteLength(value)
  tap.writeLong(length)
  const at = tap.pos
  tap.pos += length
  if (tap.pos <= tap.buf.length) tap.buf.utf8Write(value, at, length)
}

/** Up to this length a loop is faster than a call out of JavaScript; its length takes one byte. */
const shortCharactersMax = 48

/** False, with the cursor where it was: it is not ASCII, or the buffer ends. */
function writeShortAscii(tap: Tap, value: string): boolean {
  const { buf, pos } = tap
  const { length } = value
  if (pos + length >= buf.length) return false
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i)
    if (code > 0x7f) return false
    buf[pos + 1 + i] = code
  }
  buf[pos] = length << 1
  tap.pos = pos + 1 + length
  return true
}

/**
 * Nearly all texts are ASCII, as long in bytes as in characters: written at once, and only then counted.
 * Where all could be of three bytes and still fit, the engine does not count either. False, with the
 * cursor where it was, otherwise.
 */
function writeLongAscii(tap: Tap, value: string): boolean {
  const { buf, pos } = tap
  const { length } = value
  if (pos + lengthBytesMax + length * 3 > buf.length) return false
  tap.writeLong(length)
  if (buf.utf8Write(value, tap.pos, buf.length - tap.pos) === length) {
    tap.pos += length
    return true
  }
  tap.pos = pos
  return false
}

const lengthBytesMax = 10

/** One for each place in a schema, so that each has its own repeated texts. */
export class GuardedString extends avro.types.StringType {
  readonly #repeated = new RepeatedStrings()
  /** avsc also calls it with a resolver as `this`, which has none. */
  _read(tap: Tap): string {
    return #repeated in this ? this.#repeated.read(tap) : readString(tap)
  }
  _write(tap: Tap, value: unknown): void {
    writeString(tap, value)
  }
}

function bufferOf(value: unknown, type: string): Buffer {
  if (Buffer.isBuffer(value)) return value
  if (!(value instanceof Uint8Array)) return invalid(value, type)
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}

let areBytesShared = false

/** Called before each value; decoding is synchronous, so one mark is enough. */
export function shareBytes(shared: boolean): void {
  areBytesShared = shared
}

function readFixed(tap: Tap, length: number): Buffer {
  if (!areBytesShared) return tap.readFixed(length) ?? refuse('truncated')
  const { pos } = tap
  tap.pos += length
  return tap.pos <= tap.buf.length ? tap.buf.subarray(pos, tap.pos) : refuse('truncated')
}

export class GuardedBytes extends avro.types.BytesType {
  _read(tap: Tap): Buffer {
    const length = tap.readLong()
    return length < 0 ? refuse('a length is negative') : readFixed(tap, length)
  }
  _check(value: unknown, _flags: unknown, hook?: (value: unknown, type: unknown) => void): boolean {
    const fits = value instanceof Uint8Array
    if (!fits) hook?.(value, this)
    return fits
  }
  _write(tap: Tap, value: unknown): void {
    const bytes = bufferOf(value, 'bytes')
    tap.writeLong(bytes.length)
    if (bytes.length > 0) tap.writeFixed(bytes)
  }
}

export class GuardedFixed extends avro.types.FixedType {
  _read(tap: Tap): Buffer {
    return readFixed(tap, this.size)
  }
  _check(value: unknown, _flags: unknown, hook?: (value: unknown, type: unknown) => void): boolean {
    const fits = value instanceof Uint8Array && value.length === this.size
    if (!fits) hook?.(value, this)
    return fits
  }
  _write(tap: Tap, value: unknown): void {
    const bytes = bufferOf(value, 'fixed')
    if (bytes.length !== this.size) throw new Error(`not ${this.size} bytes: ${bytes.length}`)
    tap.writeFixed(bytes)
  }
}
