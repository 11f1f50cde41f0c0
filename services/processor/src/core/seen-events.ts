// Remembers event ids compactly, at most 32 bytes each, in the order they were first seen. It only
// grows at the tail and is dropped from the head; what an entry's age means is for the caller to
// say.

import type { SeenId } from './seen-id.ts'
import { SeenIndex } from './seen-index.ts'
import { SeenSegment, segmentEntries } from './seen-segment.ts'
import type { SeenEntry } from './seen-segment.ts'

/** Places in all segments that can be told apart; far above any ceiling. A power of two. */
const addressCount = 2 ** 30
const segmentCount = addressCount / segmentEntries

export class SeenEvents {
  #segments: SeenSegment[] = []
  /** Number of the first held segment; grows for ever, addresses wrap around. */
  #firstSegment = 0
  /** Entries appended ever: the ordinal of the next one. */
  #total = 0
  /** Ordinal of the oldest entry that is held. */
  #head = 0
  readonly #index = new SeenIndex({ firstWordAt: address => this.#firstWordAt(address) })

  get total(): number {
    return this.#total
  }

  get head(): number {
    return this.#head
  }

  get size(): number {
    return this.#total - this.#head
  }

  /** Bytes of its typed arrays. */
  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, this.#index.bytes)
  }

  /**
   * The newest sighting of the id; undefined when it has none, or only one before `floorOrdinal`.
   */
  find(id: SeenId, floorOrdinal: number): SeenEntry | undefined {
    const address = this.#addressOf(id)
    if (address < 0) return undefined
    const segment = this.#segmentAt(address)
    const at = offsetOf(address)
    if (segment === undefined || segment.firstOrdinal + at < floorOrdinal) return undefined
    return segment.entry(at)
  }

  /** `firstSeenMs` never goes back from one entry to the next: stream time does not. */
  append(entry: SeenEntry): void {
    let last = this.#segments.at(-1)
    if (last === undefined || !last.takes(entry.firstSeenMs)) {
      last = new SeenSegment(this.#total, entry.firstSeenMs)
      this.#segments.push(last)
    }
    const segmentNumber = this.#firstSegment + this.#segments.length - 1
    const address = (segmentNumber % segmentCount) * segmentEntries + last.length
    last.append(entry)
    this.#total++
    const earlier = this.#addressOf(entry.id)
    if (earlier < 0) this.#index.insert(entry.id[0], address)
    else this.#index.replace(entry.id[0], earlier, address)
  }

  /** Ordinal of the oldest entry first seen at `sinceMs` or later; `total` when all are older. */
  ordinalSince(sinceMs: number): number {
    for (const segment of this.#segments) {
      const start = Math.max(0, this.#head - segment.firstOrdinal)
      for (let at = start; at < segment.length; at++) {
        if (segment.firstSeenMs(at) >= sinceMs) return segment.firstOrdinal + at
      }
    }
    return this.#total
  }

  /** Forgets everything before the ordinal. */
  dropBefore(ordinal: number): void {
    while (this.#head < Math.min(ordinal, this.#total)) {
      const segment = this.#segments[0]
      if (segment === undefined) return
      const at = this.#head - segment.firstOrdinal
      const address = (this.#firstSegment % segmentCount) * segmentEntries + at
      this.#index.delete(segment.firstWord(at), address)
      this.#head++
      if (this.#head < segment.firstOrdinal + segment.length) continue
      this.#segments.shift()
      this.#firstSegment++
    }
  }

  /** The held entries with `from` <= ordinal < `to`, oldest first. */
  *entries(from: number, to: number): IterableIterator<SeenEntry> {
    for (const segment of this.#segments) {
      const start = Math.max(from, this.#head) - segment.firstOrdinal
      const end = Math.min(to - segment.firstOrdinal, segment.length)
      for (let at = Math.max(0, start); at < end; at++) yield segment.entry(at)
    }
  }

  #addressOf(id: SeenId): number {
    return this.#index.find(
      id[0],
      address => this.#segmentAt(address)?.holds(offsetOf(address), id) ?? false,
    )
  }

  #firstWordAt(address: number): number {
    return this.#segmentAt(address)?.firstWord(offsetOf(address)) ?? 0
  }

  #segmentAt(address: number): SeenSegment | undefined {
    const number = Math.floor(address / segmentEntries)
    const first = this.#firstSegment % segmentCount
    return this.#segments[number >= first ? number - first : number - first + segmentCount]
  }
}

function offsetOf(address: number): number {
  return address % segmentEntries
}
