// A fingerprint of a changelog: what is live in it, whatever the order it was written in and however
// much of it has been compacted. Sum modulo 2^32, in two lanes, of a 64-bit hash over key and value of
// each live entry; of an entry only two hashes are kept, 16 bytes and no object. It finds what goes
// wrong by accident (a lost tombstone, an aborted record, a decoder's fault), it is no signature.

import type { Topic } from '@fleet/contracts'
import type { OutRecord } from '@fleet/kafka'

import type { ChangelogRecord } from './declaration.ts'

/** What a progress record says of the state it was written with. */
export interface StateMark {
  hash: string
  /** Live changelog records of the state, and of its table. */
  entries: number
  /** Missing: written when the stage had no table, and of the changelog alone. */
  table?: true
}

/** Of a table's entries among those of the changelog, in which it is the loop's. */
const tableKeyPrefix = '!table/'

/** By some bits of the key's hash: a table grows shard by shard, so that no step is long. */
const shardCount = 64
const slotsMin = 8
/** Above this share of used slots a shard grows. */
const loadMax = 0.8
const growth = 1.4
/** Key's hash in two words, entry's hash in two words. */
const wordsPerSlot = 4

export class StateHash {
  #shards: Int32Array[] = Array.from(
    { length: shardCount },
    () => new Int32Array(slotsMin * wordsPerSlot),
  )
  #used = new Int32Array(shardCount)
  #high = 0
  #low = 0
  #entries = 0

  /** Begins as another is now. */
  constructor(from: StateHash | null = null) {
    if (from === null) return
    this.#shards = from.#shards.map(shard => shard.slice())
    this.#used = from.#used.slice()
    this.#high = from.#high
    this.#low = from.#low
    this.#entries = from.#entries
  }

  /** Live entries. */
  get entries(): number {
    return this.#entries
  }

  /** Bytes of its typed arrays. */
  get bytes(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.byteLength, this.#used.byteLength)
  }

  /** Takes in what a transaction writes, and says what changelog and table are then. */
  after(
    records: readonly ChangelogRecord[],
    table?: Topic,
    outputs: readonly OutRecord[] = [],
  ): StateMark {
    for (const { key, value } of records) this.put(key, value)
    if (table === undefined) return this.mark
    for (const { topic, key, value } of outputs) {
      if (topic === table.name) this.putTable(String(key), value)
    }
    return { ...this.mark, table: true }
  }

  get mark(): StateMark {
    return { hash: this.toString(), entries: this.#entries }
  }

  /** The newest value of a key of the stage's table; null: deleted. */
  putTable(key: string, value: Uint8Array | null): void {
    this.put(tableKeyPrefix + key, value)
  }

  /** 16 hexadecimal digits; equal for equal live entries. */
  toString(): string {
    return hex(this.#high) + hex(this.#low)
  }

  /** The newest value of a key; null: deleted. */
  put(key: string, value: Uint8Array | null): void {
    hashKey(key)
    const keyHigh = results[0] ?? 0
    const keyLow = results[1] ?? 0
    const number = keyHigh & (shardCount - 1)
    const slot = this.#slotOf(number, keyHigh, keyLow)
    const shard = this.#shards[number] ?? noSlots
    const isHeld = shard[slot] !== 0 || shard[slot + 1] !== 0
    if (isHeld) {
      this.#high = (this.#high - (shard[slot + 2] ?? 0)) | 0
      this.#low = (this.#low - (shard[slot + 3] ?? 0)) | 0
    }
    if (value === null) {
      if (isHeld) this.#delete(number, slot)
      return
    }
    hashValue(value, keyHigh, keyLow)
    const high = results[0] ?? 0
    const low = results[1] ?? 0
    this.#high = (this.#high + high) | 0
    this.#low = (this.#low + low) | 0
    shard[slot] = keyHigh
    shard[slot + 1] = keyLow
    shard[slot + 2] = high
    shard[slot + 3] = low
    if (isHeld) return
    this.#entries++
    const used = (this.#used[number] ?? 0) + 1
    this.#used[number] = used
    if (used * wordsPerSlot > shard.length * loadMax) this.#grow(number)
  }

  /** Where the key stands in its shard, or the free slot where the search ends. */
  #slotOf(number: number, keyHigh: number, keyLow: number): number {
    const shard = this.#shards[number] ?? noSlots
    let slot = homeOf(keyLow, shard.length)
    for (;;) {
      const high = shard[slot] ?? 0
      const low = shard[slot + 1] ?? 0
      if ((high === 0 && low === 0) || (high === keyHigh && low === keyLow)) return slot
      slot = next(slot, shard.length)
    }
  }

  /** Shifts back what follows, so that no marks of deleted entries pile up. */
  #delete(number: number, slot: number): void {
    const shard = this.#shards[number] ?? noSlots
    let hole = slot
    for (let at = next(hole, shard.length); ; at = next(at, shard.length)) {
      const low = shard[at + 1] ?? 0
      if (shard[at] === 0 && low === 0) break
      // It may move into the hole unless its home lies behind the hole, seen from the hole to it.
      const home = homeOf(low, shard.length)
      if (distance(home, at, shard.length) < distance(hole, at, shard.length)) continue
      shard.copyWithin(hole, at, at + wordsPerSlot)
      hole = at
    }
    shard.fill(0, hole, hole + wordsPerSlot)
    this.#used[number] = (this.#used[number] ?? 0) - 1
    this.#entries--
  }

  #grow(number: number): void {
    const old = this.#shards[number] ?? noSlots
    const slots = Math.ceil((old.length / wordsPerSlot) * growth)
    this.#shards[number] = new Int32Array(slots * wordsPerSlot)
    for (let at = 0; at < old.length; at += wordsPerSlot) {
      const high = old[at] ?? 0
      const low = old[at + 1] ?? 0
      if (high === 0 && low === 0) continue
      const slot = this.#slotOf(number, high, low)
      this.#shards[number]?.set(old.subarray(at, at + wordsPerSlot), slot)
    }
  }
}

const noSlots = new Int32Array(0)

/** First word of a key's home slot: 32 bits spread over any number of slots. */
function homeOf(keyLow: number, length: number): number {
  return Math.floor(((keyLow >>> 0) / 0x1_0000_0000) * (length / wordsPerSlot)) * wordsPerSlot
}

function next(slot: number, length: number): number {
  return slot + wordsPerSlot === length ? 0 : slot + wordsPerSlot
}

function distance(from: number, to: number, length: number): number {
  return to >= from ? to - from : to - from + length
}

/** The two words of the last hash: a result of its own for each would be garbage. */
const results = new Int32Array(2)

/** Never both zero, which means a free slot. Two of a million keys share one once in 37 million states. */
function hashKey(key: string): void {
  let high = 0x9747_b28c
  let low = 0x3c6e_f372
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at)
    high = Math.imul(high ^ code, 0x85eb_ca6b)
    high = (high << 13) | (high >>> 19)
    low = Math.imul(low ^ code, 0xc2b2_ae35)
    low = (low << 15) | (low >>> 17)
  }
  const first = finished(high ^ key.length)
  const second = finished((low + first) | 0)
  results[0] = first
  results[1] = first === 0 && second === 0 ? 1 : second
}

/**
 * Two lanes as MurmurHash3 mixes them, each fed by both; they begin with the key's hash, so that the
 * same value elsewhere differs.
 */
function hashValue(bytes: Uint8Array, keyHigh: number, keyLow: number): void {
  let high = keyHigh
  let low = keyLow
  const end = bytes.length & ~7
  // Engines make one load of each word read through a view.
  const words = new DataView(bytes.buffer, bytes.byteOffset, end)
  for (let at = 0; at < end; at += 8) {
    // From the lanes as they were: neither waits for the other.
    const before = high
    high = mixed(high, low, scattered(words.getInt32(at, true)))
    low = mixed(low, before, scattered(words.getInt32(at + 4, true)))
  }
  for (let at = end; at < bytes.length; at++) {
    const before = high
    high = mixed(high, low, scattered(bytes[at] ?? 0))
    low = mixed(low, before, at)
  }
  const first = finished(high ^ bytes.length)
  results[0] = first
  results[1] = finished((low + first) | 0)
}

function scattered(word: number): number {
  const product = Math.imul(word, 0xcc9e_2d51)
  return Math.imul((product << 15) | (product >>> 17), 0x1b87_3593)
}

function mixed(lane: number, other: number, word: number): number {
  const turned = lane ^ word
  return (Math.imul(((turned << 13) | (turned >>> 19)) + other, 5) + 0xe654_6b64) | 0
}

/** Every bit of the result depends on every bit of the word. */
function finished(word: number): number {
  let out = word ^ (word >>> 16)
  out = Math.imul(out, 0x85eb_ca6b)
  out ^= out >>> 13
  out = Math.imul(out, 0xc2b2_ae35)
  return out ^ (out >>> 16)
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
