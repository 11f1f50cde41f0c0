// A record as it lies in the answer to a fetch. Views of its bytes are made when somebody asks, which is
// when its turn comes: of records that wait for theirs the engine then has one small object each, where
// a dozen views would live through two collections and be dear to collect (docs/performance.md).

import { headerName } from './header-names.ts'
import type { InRecord } from './record.ts'

type Headers = Record<string, Buffer>
const noHeaders: Headers = Object.freeze(Object.create(null) as Headers)
const emptyValue = Buffer.alloc(0)

/**
 * Headers under names that may be anything, `__proto__` included, so nothing is inherited. Made by a
 * constructor, because the engine keeps what `Object.create(null)` makes as a slow dictionary.
 */
const HeaderBag = function HeaderBag() {} as unknown as new () => Headers
HeaderBag.prototype = Object.create(null)

/** Where the parts of a record lie in its batch; the length -1 is null. */
export interface Parts {
  keyAt: number
  keyLength: number
  valueAt: number
  valueLength: number
  headersAt: number
  headerCount: number
}

/** Topic, partition, offset and time are its own; `{ ...record }` has no more than these. */
export class FetchedRecord implements InRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly #bytes: Buffer
  readonly #keyAt: number
  readonly #keyLength: number
  readonly #valueAt: number
  readonly #valueLength: number
  readonly #headersAt: number
  readonly #headerCount: number
  #key: Buffer | null = null
  #value: Buffer | null = null
  #headers: Headers | null = null

  /** `parts` may be used again for the next record. */
  constructor(
    { topic, partition }: { readonly topic: string; readonly partition: number },
    offset: number,
    timestampMs: number,
    bytes: Buffer,
    parts: Readonly<Parts>,
  ) {
    this.topic = topic
    this.partition = partition
    this.offset = offset
    this.timestampMs = timestampMs
    this.#bytes = bytes
    this.#keyAt = parts.keyAt
    this.#keyLength = parts.keyLength
    this.#valueAt = parts.valueAt
    this.#valueLength = parts.valueLength
    this.#headersAt = parts.headersAt
    this.#headerCount = parts.headerCount
  }

  get key(): Buffer | null {
    if (this.#keyLength < 0) return null
    this.#key ??= this.#bytes.subarray(this.#keyAt, this.#keyAt + this.#keyLength)
    return this.#key
  }

  get value(): Buffer | null {
    if (this.#valueLength < 0) return null
    this.#value ??= this.#bytes.subarray(this.#valueAt, this.#valueAt + this.#valueLength)
    return this.#value
  }

  get headers(): Headers {
    this.#headers ??= this.#headerCount === 0 ? noHeaders : this.#readHeaders()
    return this.#headers
  }

  #readHeaders(): Headers {
    const headers = new HeaderBag()
    const cursor = new Cursor(this.#bytes, this.#headersAt)
    for (let index = 0; index < this.#headerCount; index++) {
      headers[cursor.name()] = cursor.bytes() ?? emptyValue
    }
    return headers
  }
}

/** Reads what records are made of; what it reads beyond the end is zero or empty. */
export class Cursor {
  at: number
  readonly #bytes: Buffer

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  /** Zigzag, up to 32 bits. */
  varint(): number {
    let value = 0
    let shift = 0
    let byte: number
    do {
      byte = this.#bytes[this.at++] ?? 0
      value |= (byte & 0x7f) << shift
      shift += 7
    } while (byte > 0x7f && shift < 35)
    return (value >>> 1) ^ -(value & 1)
  }

  /** Zigzag, up to 53 bits: a timestamp delta can pass 32 bits (24 days). */
  varlong(): number {
    let value = 0
    let factor = 1
    let byte: number
    do {
      byte = this.#bytes[this.at++] ?? 0
      value += (byte & 0x7f) * factor
      factor *= 128
    } while (byte > 0x7f && factor <= 2 ** 63)
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  bytes(): Buffer | null {
    const length = this.varint()
    if (length < 0) return null
    const slice = this.#bytes.subarray(this.at, this.at + length)
    this.at += length
    return slice
  }

  /** Of a header; never null. */
  name(): string {
    const length = Math.max(0, this.varint())
    const start = this.at
    this.at += length
    return headerName(this.#bytes, start, Math.min(this.at, this.#bytes.length))
  }

  /** Moves past bytes with their length before them. Returns the length, -1 for null. */
  skip(): number {
    const length = Math.max(-1, this.varint())
    if (length > 0) this.at += length
    return length
  }
}
