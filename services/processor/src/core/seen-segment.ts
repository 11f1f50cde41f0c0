// A run of remembered ids in the order they were first seen, 24 bytes each: 16 of the id, 4 of the
// time as a distance to the segment's first, 4 of the fingerprint. Only appended to, and dropped as
// a whole.

import type { SeenId } from './seen-id.ts'

/**
 * A power of two. Bounds what is held beyond the live ids: one segment part dead, one part empty.
 */
export const segmentEntries = 16_384
const wordsPerEntry = 6
const deltaMsMax = 0xffff_ffff

/** What is remembered of an id. */
export interface Sighting {
  /** Stream time of the first sighting. */
  readonly firstSeenMs: number
  /** Unsigned 32 bit. */
  readonly fingerprint: number
}

export interface SeenEntry extends Sighting {
  readonly id: SeenId
}

export class SeenSegment {
  /** Place of its first entry among all entries ever appended. */
  readonly firstOrdinal: number
  readonly #baseMs: number
  /** Entry by entry, so that looking at one touches one line of the processor's cache. */
  readonly #words = new Uint32Array(wordsPerEntry * segmentEntries)
  #length = 0

  constructor(firstOrdinal: number, baseMs: number) {
    this.firstOrdinal = firstOrdinal
    this.#baseMs = baseMs
  }

  get length(): number {
    return this.#length
  }

  get bytes(): number {
    return this.#words.byteLength
  }

  /** False when it is full, or sealed by a time its 32-bit distances can't reach (49 days). */
  takes(firstSeenMs: number): boolean {
    return this.#length < segmentEntries && firstSeenMs - this.#baseMs <= deltaMsMax
  }

  append(id: SeenId, firstSeenMs: number, fingerprint: number): void {
    const words = this.#words
    const at = wordsPerEntry * this.#length++
    words[at] = id[0]
    words[at + 1] = id[1]
    words[at + 2] = id[2]
    words[at + 3] = id[3]
    words[at + 4] = Math.max(0, firstSeenMs - this.#baseMs)
    words[at + 5] = fingerprint
  }

  /** One of the four words of an entry's id. */
  idWord(at: number, n: number): number {
    return this.#words[wordsPerEntry * at + n] ?? 0
  }

  firstSeenMs(at: number): number {
    return this.#baseMs + (this.#words[wordsPerEntry * at + 4] ?? 0)
  }

  fingerprint(at: number): number {
    return this.#words[wordsPerEntry * at + 5] ?? 0
  }

  holds(at: number, id: SeenId): boolean {
    const words = this.#words
    const start = wordsPerEntry * at
    return (
      words[start] === id[0] &&
      words[start + 1] === id[1] &&
      words[start + 2] === id[2] &&
      words[start + 3] === id[3]
    )
  }

  /** Whether the entry has the id of another segment's. */
  isSameAs(at: number, other: SeenSegment, otherAt: number): boolean {
    const left = wordsPerEntry * at
    const right = wordsPerEntry * otherAt
    for (let n = 0; n < 4; n++) {
      if (this.#words[left + n] !== other.#words[right + n]) return false
    }
    return true
  }

  /** Place of its first entry seen at `sinceMs` or later, its length if there is none. */
  firstSince(sinceMs: number): number {
    let low = 0
    let high = this.#length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.firstSeenMs(middle) < sinceMs) low = middle + 1
      else high = middle
    }
    return low
  }
}
