// A record as it lies in the answer to a fetch. Views of its bytes are made when somebody asks, which is
// when its turn comes: of records that wait for theirs the engine then has one small object each, where
// a dozen views would live through two collections and be dear to collect (docs/performance.md).

import { RecordCursor } from './record-cursor.ts'
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
    const cursor = new RecordCursor(this.#bytes, this.#headersAt)
    for (let index = 0; index < this.#headerCount; index++) {
      headers[cursor.name()] = cursor.bytes() ?? emptyValue
    }
    return headers
  }
}
