// Finds the address of an id: open addressing with linear probing over Int32Arrays, no object per
// id. Nothing is deleted: an address whose entry has been dropped is told by its number alone, and
// goes when its shard is built again. A shard at a time: no step is long, however many ids there
// are. Addresses mean nothing here.

import type { SeenId } from './seen-id.ts'

/** Above this share of used slots, probing gets long; the shard is then built again. */
const loadMax = 0.88
/** With room, so that many are put in quickly; at 5.4 bytes an id. */
const loadReserved = 0.75
/** Small steps: right after growing, a slot costs at most 4 * 1.3 / (0.9 * 0.88) = 6.6 bytes an id. */
const growth = 1.3
/** A shard grows when the living use this much of what it may hold; else only the gone are removed. */
const growsAt = 0.9
const shrinksAt = 0.35
const lengthMin = 64
/** By the first byte of the id. At 5,000,000 ids a shard has 20,000: built again in 2 ms. */
const shardCount = 256

export const addressBits = 26
const addressMask = 2 ** addressBits - 1

/** What the index must ask about an address. The first word of an id, being a hash, is its home. */
export interface Addressed {
  firstWordAt(address: number): number
  holds(address: number, id: SeenId): boolean
  /** Whether two addresses hold the same id. */
  areSame(left: number, right: number): boolean
  /** Whether its entry has been dropped, by the address alone. */
  isGone(address: number): boolean
}

export class SeenIndex {
  readonly #ids: Addressed
  /** 0 is free; else an address and above it a tag: six bits of the id, never all zero. */
  readonly #shards: Int32Array[] = Array.from(
    { length: shardCount },
    () => new Int32Array(lengthMin),
  )
  /** Slots that are not free, by shard. */
  readonly #used = new Int32Array(shardCount)
  #nextSwept = 0

  constructor(ids: Addressed) {
    this.#ids = ids
  }

  get bytes(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.byteLength, this.#used.byteLength)
  }

  /** Makes room for so many ids at once, so that nothing grows while they come. */
  reserve(count: number): void {
    const mean = count / shardCount
    // Four standard deviations: hashes fill shards unevenly.
    const length = Math.ceil((mean + 4 * Math.sqrt(mean) + 1) / loadReserved)
    for (let number = 0; number < shardCount; number++) {
      if (length > this.#shard(number).length) this.#rebuild(number, length)
    }
  }

  /** The address of the id; -1 for none. */
  find(id: SeenId): number {
    const shard = this.#shard(id[0] >>> 24)
    const tag = tagOf(id)
    let slot = homeOf(id[0], shard.length)
    for (;;) {
      const stored = shard[slot] ?? 0
      if (stored === 0) return -1
      if (stored >>> addressBits === tag && this.#ids.holds(stored & addressMask, id)) {
        return stored & addressMask
      }
      if (++slot === shard.length) slot = 0
    }
  }

  /** The entry at the address is there. It takes the place of an earlier address of the same id. */
  put(id: SeenId, address: number): void {
    this.#put(id[0], tagOf(id), address)
  }

  /** Puts many, shard by shard: each is in the processor's cache while it is worked on. */
  putMany(batch: IndexBatch): void {
    const { order, starts } = batch.byShard()
    for (let number = 0; number < shardCount; number++) {
      const end = starts[number + 1] ?? 0
      for (let n = starts[number] ?? 0; n < end; n++) {
        const at = order[n] ?? 0
        this.#put(batch.firstWords[at] ?? 0, batch.tags[at] ?? 0, batch.addresses[at] ?? 0)
      }
    }
    batch.clear()
  }

  #put(firstWord: number, tag: number, address: number): void {
    const number = firstWord >>> 24
    const shard = this.#shard(number)
    let slot = homeOf(firstWord, shard.length)
    let gone = -1
    for (;;) {
      const stored = shard[slot] ?? 0
      if (stored === 0) break
      const other = stored & addressMask
      if (this.#ids.isGone(other)) gone = gone < 0 ? slot : gone
      else if (stored >>> addressBits === tag && this.#ids.areSame(other, address)) {
        shard[slot] = (tag << addressBits) | address
        return
      }
      if (++slot === shard.length) slot = 0
    }
    shard[gone < 0 ? slot : gone] = (tag << addressBits) | address
    if (gone >= 0) return
    const used = (this.#used[number] ?? 0) + 1
    this.#used[number] = used
    if (used + 1 > shard.length * loadMax) this.#tidy(number)
  }

  /**
   * Removes what is gone from one shard, each time the next one. Called for each segment, it keeps
   * gone addresses from staying until their numbers are used again.
   */
  sweep(): void {
    this.#tidy(this.#nextSwept)
    this.#nextSwept = (this.#nextSwept + 1) % shardCount
  }

  #tidy(number: number): void {
    const { length } = this.#shard(number)
    const living = this.#livingIn(number)
    const share = (living + 1) / (length * loadMax)
    const fits = Math.max(lengthMin, Math.ceil(((living + 1) * growth) / loadMax))
    if (share > growsAt || (share < shrinksAt && fits < length)) this.#rebuild(number, fits)
    else if (living < (this.#used[number] ?? 0)) this.#rebuild(number, length)
  }

  #livingIn(number: number): number {
    let living = 0
    for (const stored of this.#shard(number)) {
      if (stored !== 0 && !this.#ids.isGone(stored & addressMask)) living++
    }
    return living
  }

  #rebuild(number: number, length: number): void {
    const old = this.#shard(number)
    const fresh = new Int32Array(length)
    let used = 0
    for (const stored of old) {
      const address = stored & addressMask
      if (stored === 0 || this.#ids.isGone(address)) continue
      let slot = homeOf(this.#ids.firstWordAt(address), length)
      while (fresh[slot] !== 0) if (++slot === length) slot = 0
      fresh[slot] = stored
      used++
    }
    this.#shards[number] = fresh
    this.#used[number] = used
  }

  #shard(number: number): Int32Array {
    return this.#shards[number] ?? noSlots
  }
}

/** Addresses that are to be put in together. */
export class IndexBatch {
  readonly addresses: Int32Array
  readonly firstWords: Uint32Array
  readonly tags: Uint8Array
  readonly #order: Int32Array
  #count = 0

  constructor(size: number) {
    this.addresses = new Int32Array(size)
    this.firstWords = new Uint32Array(size)
    this.tags = new Uint8Array(size)
    this.#order = new Int32Array(size)
  }

  get isFull(): boolean {
    return this.#count === this.addresses.length
  }

  add(id: SeenId, address: number): void {
    const at = this.#count++
    this.addresses[at] = address
    this.firstWords[at] = id[0]
    this.tags[at] = tagOf(id)
  }

  clear(): void {
    this.#count = 0
  }

  /** Places in the batch, ordered by shard and within it as they were added; where each starts. */
  byShard(): { order: Int32Array; starts: Int32Array } {
    const starts = new Int32Array(shardCount + 2)
    for (let at = 0; at < this.#count; at++) {
      const after = ((this.firstWords[at] ?? 0) >>> 24) + 2
      starts[after] = (starts[after] ?? 0) + 1
    }
    for (let n = 1; n < starts.length; n++) starts[n] = (starts[n] ?? 0) + (starts[n - 1] ?? 0)
    for (let at = 0; at < this.#count; at++) {
      const number = ((this.firstWords[at] ?? 0) >>> 24) + 1
      const place = starts[number] ?? 0
      this.#order[place] = at
      starts[number] = place + 1
    }
    return { order: this.#order, starts }
  }
}

const noSlots = new Int32Array(0)

/** Tells nearly all other ids apart without looking at them; never 0, which with address 0 is free. */
function tagOf(id: SeenId): number {
  return id[1] >>> addressBits || 63
}

/** Spreads 24 bits over any number of slots, so that the size need not be a power of two. */
function homeOf(firstWord: number, length: number): number {
  return Math.floor(((firstWord & 0xff_ffff) / 0x100_0000) * length)
}
