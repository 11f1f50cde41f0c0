// Remembers event ids compactly, at most 32 bytes each, in the order they were first seen. It only
// grows at the tail and is dropped from the head; what an entry's age means is for the caller to
// say.

import { readSeenEntry, seenEntryBytes, writeSeenEntry } from './seen-block.ts'
import type { SeenId } from './seen-id.ts'
import { addressBits, IndexBatch, SeenIndex } from './seen-index.ts'
import { SeenSegment, segmentEntries } from './seen-segment.ts'
import type { Sighting } from './seen-segment.ts'

/**
 * Segments whose places can be told apart: 67 million ids. The index has forgotten a dropped segment
 * after at most 256 further ones (`sweep`), so with up to 50 million ids no number is used too soon.
 */
const segmentCount = 2 ** addressBits / segmentEntries
const segmentMask = segmentCount - 1
const offsetMask = segmentEntries - 1
const offsetBits = 14
/** Entries that go into the index at once: 3 MB and some 30 ms, for as long as it takes. */
const batchEntries = 2 ** 18

export class SeenEvents {
  #segments: SeenSegment[] = []
  /** Number of the first held segment; grows for ever, addresses wrap around. */
  #firstSegment = 0
  /** Entries appended ever: the ordinal of the next one. */
  #total = 0
  /** Ordinal of the oldest entry that is held. */
  #head = 0
  readonly #index = new SeenIndex({
    firstWordAt: address => this.#segmentAt(address)?.idWord(address & offsetMask, 0) ?? 0,
    holds: (address, id) => this.#segmentAt(address)?.holds(address & offsetMask, id) ?? false,
    areSame: (left, right) => this.#areSame(left, right),
    isGone: address => this.#segmentAt(address) === undefined,
  })

  /** Entries that are held and not in the index yet; only while many are appended. */
  #unindexed: IndexBatch | null = null
  #expected = 0

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

  /** Stream time of the oldest entry held; null when there is none. */
  get oldestMs(): number | null {
    const segment = this.#segments[0]
    return segment === undefined ? null : segment.firstSeenMs(this.#head - segment.firstOrdinal)
  }

  /**
   * The newest sighting of the id; undefined when it has none, or only one before `floorOrdinal`.
   */
  find(id: SeenId, floorOrdinal: number): Sighting | undefined {
    this.finishAppending()
    const address = this.#index.find(id)
    if (address < 0) return undefined
    const segment = this.#segmentAt(address)
    if (segment === undefined) return undefined
    const at = address & offsetMask
    if (segment.firstOrdinal + at < Math.max(floorOrdinal, this.#head)) return undefined
    return { firstSeenMs: segment.firstSeenMs(at), fingerprint: segment.fingerprint(at) }
  }

  /** `firstSeenMs` never goes back from one entry to the next: stream time does not. */
  append(id: SeenId, firstSeenMs: number, fingerprint: number): void {
    this.finishAppending()
    this.#index.put(id, this.#hold(id, firstSeenMs, fingerprint))
  }

  /** Returns the address. */
  #hold(id: SeenId, firstSeenMs: number, fingerprint: number): number {
    let last = this.#segments.at(-1)
    if (last === undefined || !last.takes(firstSeenMs)) {
      last = new SeenSegment(this.#total, firstSeenMs)
      this.#segments.push(last)
      // Not while the index stands empty for what is being appended: it would be made small.
      if (this.#unindexed === null) this.#index.sweep()
    }
    const number = this.#firstSegment + this.#segments.length - 1
    const address = ((number & segmentMask) << offsetBits) | last.length
    last.append(id, firstSeenMs, fingerprint)
    this.#total++
    return address
  }

  /** Indexes what appendBytes() has left for later; the first use does it too. */
  finishAppending(): void {
    if (this.#unindexed === null) return
    this.#index.putMany(this.#unindexed)
    this.#unindexed = null
  }

  /** Makes room in the index for so many more entries. */
  reserve(count: number): void {
    this.#expected = count
    this.#index.reserve(this.size + count)
  }

  /** Appends `count` entries as they stand in a block, from byte `at` on. */
  appendBytes(bytes: Uint8Array, at: number, count: number): void {
    // One for all: an object for each of some million ids would cost more than the ids.
    const entry = {
      id: [0, 0, 0, 0] as [number, number, number, number],
      firstSeenMs: 0,
      fingerprint: 0,
    }
    this.#unindexed ??= new IndexBatch(Math.min(Math.max(1024, this.#expected), batchEntries))
    for (let n = 0; n < count; n++) {
      readSeenEntry(bytes, at + n * seenEntryBytes, entry)
      this.#unindexed.add(entry.id, this.#hold(entry.id, entry.firstSeenMs, entry.fingerprint))
      if (this.#unindexed.isFull) this.#index.putMany(this.#unindexed)
    }
  }

  /** Writes the held entries with `from` <= ordinal < `to`, oldest first, as they stand in a block. */
  writeBytes(from: number, to: number, bytes: Uint8Array, at: number): void {
    let next = at
    for (const segment of this.#segments) {
      const start = Math.max(from, this.#head) - segment.firstOrdinal
      const end = Math.min(to - segment.firstOrdinal, segment.length)
      for (let place = Math.max(0, start); place < end; place++) {
        writeSeenEntry(bytes, next, segment, place)
        next += seenEntryBytes
      }
    }
  }

  /** Ordinal of the oldest entry first seen at `sinceMs` or later; `total` when all are older. */
  ordinalSince(sinceMs: number): number {
    for (const segment of this.#segments) {
      const at = segment.firstSince(sinceMs)
      if (at < segment.length) return Math.max(this.#head, segment.firstOrdinal + at)
    }
    return this.#total
  }

  /** Forgets everything before the ordinal. */
  dropBefore(ordinal: number): void {
    this.finishAppending()
    this.#head = Math.max(this.#head, Math.min(ordinal, this.#total))
    for (;;) {
      const first = this.#segments[0]
      if (first === undefined || first.firstOrdinal + first.length > this.#head) return
      this.#segments.shift()
      this.#firstSegment++
    }
  }

  #areSame(left: number, right: number): boolean {
    const segment = this.#segmentAt(left)
    const other = this.#segmentAt(right)
    if (segment === undefined || other === undefined) return false
    return segment.isSameAs(left & offsetMask, other, right & offsetMask)
  }

  #segmentAt(address: number): SeenSegment | undefined {
    return this.#segments[((address >>> offsetBits) - this.#firstSegment) & segmentMask]
  }
}
