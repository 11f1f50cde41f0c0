// A run of remembered ids in the order they were first seen, 24 bytes each: 16 of the id, 4 of the
// time as a distance to the segment's first, 4 of the fingerprint. Only appended to, and dropped as
// a whole.

import type { SeenId } from './seen-id.ts'

/**
 * A power of two. Bounds what is held beyond the live ids: one segment part dead, one part empty.
 */
export const segmentEntries = 16_384
const deltaMsMax = 0xffff_ffff

export interface SeenEntry {
  readonly id: SeenId
  /** Stream time of the first sighting. */
  readonly firstSeenMs: number
  /** Unsigned 32 bit. */
  readonly fingerprint: number
}

export class SeenSegment {
  /** Place of its first entry among all entries ever appended. */
  readonly firstOrdinal: number
  readonly #baseMs: number
  readonly #words = new Uint32Array(4 * segmentEntries)
  readonly #deltaMs = new Uint32Array(segmentEntries)
  readonly #fingerprints = new Uint32Array(segmentEntries)
  #length = 0

  constructor(firstOrdinal: number, baseMs: number) {
    this.firstOrdinal = firstOrdinal
    this.#baseMs = baseMs
  }

  get length(): number {
    return this.#length
  }

  get bytes(): number {
    return this.#words.byteLength + this.#deltaMs.byteLength + this.#fingerprints.byteLength
  }

  /** False when it is full, or sealed by a time its 32-bit distances can't reach (49 days). */
  takes(firstSeenMs: number): boolean {
    return this.#length < segmentEntries && firstSeenMs - this.#baseMs <= deltaMsMax
  }

  append(entry: SeenEntry): void {
    const at = this.#length++
    this.#words.set(entry.id, 4 * at)
    this.#deltaMs[at] = Math.max(0, entry.firstSeenMs - this.#baseMs)
    this.#fingerprints[at] = entry.fingerprint
  }

  entry(at: number): SeenEntry {
    return {
      id: [this.#word(at, 0), this.#word(at, 1), this.#word(at, 2), this.#word(at, 3)],
      firstSeenMs: this.firstSeenMs(at),
      fingerprint: this.#fingerprints[at] ?? 0,
    }
  }

  firstSeenMs(at: number): number {
    return this.#baseMs + (this.#deltaMs[at] ?? 0)
  }

  firstWord(at: number): number {
    return this.#word(at, 0)
  }

  holds(at: number, id: SeenId): boolean {
    return (
      this.#word(at, 0) === id[0] &&
      this.#word(at, 1) === id[1] &&
      this.#word(at, 2) === id[2] &&
      this.#word(at, 3) === id[3]
    )
  }

  #word(at: number, n: number): number {
    return this.#words[4 * at + n] ?? 0
  }
}
